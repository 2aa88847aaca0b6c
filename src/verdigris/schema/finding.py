"""What a proof found: for each version and schema, and each statement, whether it still works and how that is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from verdigris.schema.statement import Statement

__all__ = ["Cell", "Coverage", "Finding", "Layer", "Outcome", "Proof", "Stage", "Version", "worst"]


class Version(StrEnum):
    """Whose statements they are."""

    OLD = "old"
    NEW = "new"


class Stage(StrEnum):
    """How far the schema has come."""

    BASE = "base"
    EXPANDED = "expanded"
    CONTRACTED = "contracted"


class Layer(StrEnum):
    """How a break was found, from what is cheapest to what is nearest to the truth."""

    PARSE = "L1"
    """The server parses and describes it: names, types, ambiguity."""
    PLAN = "L2"
    """It is planned as the application's role: conflict targets, permissions."""
    CATALOG = "L3"
    """What the catalog newly demands of what it writes."""
    ALONE = "L4"
    """It is executed by itself with parameters that were seen, and rolled back."""
    REPLAY = "L5"
    """The recorded run is executed in its order, on the base and here."""
    SHAPE = "shape"
    """Its result has other columns or types: prepared statements of a running version fail once, or for ever."""


class Outcome(StrEnum):
    """Proven: nothing that was tried fails. Disproven: it worked on the base and fails here. Unproven: nobody knows."""

    PROVEN = "proven"
    DISPROVEN = "disproven"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one statement in one cell. A statement that already fails on the base is unproven, never broken.

    `step` is the migration and statement of it that broke it, where that is known: `002_rename.sql: statement 3`.
    `columns` says how its result differs, where it does.
    """

    statement: Statement
    outcome: Outcome
    layer: Layer | None = None
    sqlstate: str = ""
    message: str = ""
    step: str = ""
    columns: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One version against one stage. `notes` are what cannot be proven and what to think of, as sentences.

    A change of shape is a note of its finding and of `shapes`, and disproves nothing: what clients do then differs.
    """

    version: Version
    stage: Stage
    findings: tuple[Finding, ...] = ()
    shapes: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Of the cell: without a single statement nothing is proven."""
        return worst(finding.outcome for finding in self.findings) if self.findings else Outcome.UNPROVEN


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the migration touches, `table` or `table.column`, and what of it no statement that was seen touches."""

    touched: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proof:
    """The whole matrix, and how much of the migration it could see."""

    cells: tuple[Cell, ...]
    coverage: Coverage = Coverage()
    notes: tuple[str, ...] = ()
    told: tuple[Cell, ...] = ()
    """Cells that no deployment is gated on: old × contracted and new × base."""

    @property
    def outcome(self) -> Outcome:
        """Of those cells that a deployment is gated on."""
        return worst(cell.outcome for cell in self.cells)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Disproven before unproven before proven; unproven when there is none."""
    found = set(outcomes)
    for outcome in (Outcome.DISPROVEN, Outcome.UNPROVEN, Outcome.PROVEN):
        if outcome in found:
            return outcome
    return Outcome.UNPROVEN
