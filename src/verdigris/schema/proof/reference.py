"""What is known of the statements of one version on the schema that they are known to work on.

Everything else is measured against it: a statement that fails here is unproven elsewhere, never broken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from verdigris.schema.proof.parsed import parsed
from verdigris.schema.proof.pipeline import quietly
from verdigris.schema.proof.planned import planned
from verdigris.schema.proof.repair import signatures
from verdigris.schema.proof.signature import Column, Fault, Signature
from verdigris.schema.shadow.database import Database
from verdigris.schema.statement import Parameter, Statement

__all__ = ["Reference", "probe", "reference"]

OF_VALUES = ("22", "23")
"""Classes of errors that come from the NULLs with which a statement is planned, and not from the statement."""
RUNS = 20
"""Different sets of parameters of one statement that are kept."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`sent` is every statement as it was sent, in order; `statements` are the different ones, with their signatures.

    `places` says for each that was sent which of the different ones it is.
    """

    sent: tuple[Statement, ...] = field(repr=False)
    statements: tuple[Statement, ...]
    places: tuple[int, ...]
    signatures: tuple[Signature, ...]
    database: Database


def reference(sent: Sequence[Statement], database: Database, role: str = "") -> Reference:
    """Find out how each statement is put to a server, here, as the application's role."""
    statements, places = different(sent)
    with database.connected(role) as connection:
        quietly(connection)
        found = without_plans(connection, signatures(connection, statements))
    return Reference(tuple(sent), statements, places, tuple(found), database)


def different(sent: Sequence[Statement]) -> tuple[tuple[Statement, ...], tuple[int, ...]]:
    """The different texts with all their runs, and which of them each one is.

    A source that sees nothing but texts has seen what another one says with types and values: production's own
    statistics beside a recording.
    """
    typed: dict[str, tuple[str, ...]] = {}
    for each in sent:
        if each.types:
            typed.setdefault(each.sql, each.types)
    numbers: dict[tuple[str, tuple[str, ...]], int] = {}
    keys = [(each.sql, each.types if each.types or each.runs else typed.get(each.sql, ())) for each in sent]
    places = tuple(numbers.setdefault(key, len(numbers)) for key in keys)
    first: dict[int, Statement] = {}
    runs: dict[int, dict[tuple[Parameter, ...], None]] = {}
    for place, each in zip(places, sent, strict=True):
        if place not in first or (each.types and not first[place].types):
            first[place] = each
        kept = runs.setdefault(place, {})
        kept.update(dict.fromkeys(each.runs[: max(RUNS - len(kept), 0)]))
    return tuple(replace(first[n], runs=tuple(runs[n])) for n in range(len(numbers))), places


def without_plans(connection: Any, found: Sequence[Signature]) -> list[Signature]:
    """The signatures, those that cannot be planned even here marked so."""
    faults = plans(connection, found)
    return [unplanned(each, faults[n]) if n in faults else each for n, each in enumerate(found)]


def unplanned(signature: Signature, fault: Fault) -> Signature:
    of_values = fault.sqlstate.startswith(OF_VALUES)
    return replace(signature, plans=False, fault=None if of_values else fault, unplanned=not of_values)


def plans(connection: Any, found: Sequence[Signature]) -> dict[int, Fault]:
    """What the server says against planning, by the place of the signature."""
    asked = [n for n, each in enumerate(found) if each.tried and each.plans]
    some = [found[n] for n in asked]
    said = planned(connection, [(e.sql, e.types) for e in some], [len(e.parameters) for e in some])
    return {n: fault for n, fault in zip(asked, said, strict=True) if fault is not None}


@dataclass(frozen=True, slots=True)
class Probe:
    """What a schema says to signatures that were found on another one, by their places."""

    unparsed: dict[int, Fault]
    unplanned: dict[int, Fault]
    columns: dict[int, tuple[Column, ...]]
    parameters: dict[int, tuple[str, ...]]


def probe(database: Database, found: Sequence[Signature], role: str = "") -> Probe:
    """Parse and plan every signature that can be tried. Nothing is executed."""
    asked = [n for n, each in enumerate(found) if each.tried]
    with database.connected(role) as connection:
        quietly(connection)
        answers = dict(
            zip(asked, parsed(connection, [(found[n].sql, found[n].types) for n in asked]), strict=True)
        )
        unparsed = {n: answer.fault for n, answer in answers.items() if answer.fault is not None}
        here = [
            replace(each, parameters=answers[n].parameters) if n in answers and n not in unparsed else None
            for n, each in enumerate(found)
        ]
        places = [n for n, each in enumerate(here) if each is not None]
        faults = plans(connection, [each for each in here if each is not None])
    good = {n: answer for n, answer in answers.items() if n not in unparsed}
    return Probe(
        unparsed,
        {places[n]: fault for n, fault in faults.items()},
        {n: answer.columns for n, answer in good.items()},
        {n: answer.parameters for n, answer in good.items()},
    )
