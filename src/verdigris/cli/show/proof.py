"""The compatibility proof as lines and as a document: each version against each schema, and what is not proven."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from verdigris.cli.show.amounts import plural
from verdigris.cli.show.ink import Ink, Line, line, wrapped
from verdigris.schema.finding import Cell, Coverage, Finding, Layer, Outcome, Proof
from verdigris.schema.script import Kind

if TYPE_CHECKING:
    from verdigris.schema.catalog.labelling import Labelled
    from verdigris.schema.proof.gate import Answer

__all__ = ["document", "proof_lines"]

INKS = {Outcome.PROVEN: Ink.GOOD, Outcome.DISPROVEN: Ink.BAD, Outcome.UNPROVEN: Ink.WARN}
KINDS = {Kind.EXPAND: Ink.GOOD, Kind.BACKFILL: Ink.GOOD, Kind.CONTRACT: Ink.WARN, Kind.BOTH: Ink.BAD}
MARKS = {Outcome.PROVEN: "✔", Outcome.DISPROVEN: "✖", Outcome.UNPROVEN: "?"}
SHOWN = 30
"""Findings of one cell and kind that are written out; the rest is counted. The document has them all."""
ALL_ROWS = 12
ENDS = {
    Outcome.PROVEN: "proven: every statement that was seen works on every schema that it will meet",
    Outcome.DISPROVEN: "disproven: {} would fail. Split the migration or change the version before it is run",
    Outcome.UNPROVEN: "unproven: nothing was seen to fail, and {} could not be judged. --allow-unproven takes that",
}


def proof_lines(answer: Answer, width: int) -> list[Line]:
    """The migrations, the matrix, what is wrong in each cell, what nobody can say, and the verdict."""
    proof = answer.proof
    lines = [
        line("   ", label.script.name.ljust(17), "  ", (label.kind, KINDS[label.kind]))
        for label in answer.labels
    ]
    lines += [row(cell) for cell in proof.cells]
    lines += [row(cell, told=True) for cell in proof.told]
    for cell in proof.cells:
        lines += below(cell, width)
    lines += covered(proof.coverage, width)
    for note in proof.notes:
        lines += hanging("  note  ", note, width, Ink.DIM)
    lines += [(), *verdict(proof, width)]
    return lines


def row(cell: Cell, told: bool = False) -> Line:
    counts = [(each, sum(f.outcome is each for f in cell.findings)) for each in Outcome]
    said = ", ".join(f"{count} {outcome}" for outcome, count in counts if count) or "no statement"
    shapes = f", {plural(len(cell.shapes), 'result')} of another shape" if cell.shapes else ""
    name = f" {cell.version} × {cell.stage}".ljust(20)
    ink = Ink.DIM if told else INKS[cell.outcome]
    mark = " " if told else MARKS[cell.outcome]
    return line((f" {mark}", ink), name, (f"{said}{shapes}{' (told only)' if told else ''}", ink))


def below(cell: Cell, width: int) -> list[Line]:
    """What is to be said of one cell: nothing where all is proven and nothing is noted."""
    broken = [f for f in cell.findings if f.outcome is Outcome.DISPROVEN]
    unknown = [f for f in cell.findings if f.outcome is Outcome.UNPROVEN]
    if not (broken or unknown or cell.shapes or cell.notes):
        return []
    lines: list[Line] = [(), line((f"{cell.version} × {cell.stage}", Ink.BOLD))]
    for findings in (broken, unknown, cell.shapes):
        for finding in findings[:SHOWN]:
            lines += told(finding, width)
        if len(findings) > SHOWN:
            lines.append(line((f"    and {len(findings) - SHOWN} more; --json has them all", Ink.DIM)))
    for note in cell.notes:
        lines += hanging("  note  ", note, width, Ink.DIM)
    return lines


def told(finding: Finding, width: int) -> list[Line]:
    """One statement and what came of it."""
    ink = Ink.WARN if finding.layer is Layer.SHAPE else INKS[finding.outcome]
    mark = "~" if finding.layer is Layer.SHAPE else MARKS[finding.outcome]
    sql = " ".join(finding.statement.sql.split())
    rows = wrapped(sql, max(width - 4, 20))
    lines = [
        (*line((f"  {mark} " if n == 0 else "    ", ink)), *one) for n, one in enumerate(rows[:ALL_ROWS])
    ]
    head = " ".join(part for part in (finding.layer or "", finding.sqlstate) if part)
    lines += hanging("      ", f"{head}: {finding.message}" if head else finding.message, width, ink)
    if finding.step:
        lines += hanging("      ", f"since {finding.step}", width, Ink.PLAIN)
    return lines


def covered(coverage: Coverage, width: int) -> list[Line]:
    if not coverage.touched:
        return []
    seen = len(coverage.touched) - len(coverage.unseen)
    lines: list[Line] = [
        (),
        line(
            f"coverage: {seen} of {len(coverage.touched)} things that the migration touches are in a statement"
        ),
    ]
    if coverage.unseen:
        lines += hanging("  unseen  ", ", ".join(coverage.unseen), width, Ink.WARN)
    return lines


def hanging(head: str, text: str, width: int, ink: Ink) -> list[Line]:
    """A text beside its head, in as many rows as it needs."""
    rows = wrapped(text, max(width - len(head), 20), ink)
    return [(*line((head if n == 0 else " " * len(head), ink)), *one) for n, one in enumerate(rows)]


def verdict(proof: Proof, width: int) -> list[Line]:
    outcome = proof.outcome
    count = len({f.statement.sql for cell in proof.cells for f in cell.findings if f.outcome is outcome})
    return wrapped(ENDS[outcome].format(plural(count, "statement")), width, INKS[outcome])


def document(answer: Answer) -> dict[str, Any]:
    """The whole answer as one object. Parameters are not in it."""
    proof = answer.proof
    return {
        "type": "result",
        "overall": proof.outcome,
        "cells": [cell_document(cell) for cell in proof.cells],
        "told": [cell_document(cell) for cell in proof.told],
        "migrations": [label_document(label) for label in answer.labels],
        "coverage": {"touched": list(proof.coverage.touched), "unseen": list(proof.coverage.unseen)},
        "notes": list(proof.notes),
    }


def label_document(label: Labelled) -> dict[str, Any]:
    return {
        "name": label.script.name,
        "kind": label.kind,
        "declared": label.script.declared,
        "changes": [str(change) for change in label.changes],
        "split": list(label.split()),
    }


def cell_document(cell: Cell) -> dict[str, Any]:
    return {
        "cell": f"{cell.version}×{cell.stage}",
        "version": cell.version,
        "stage": cell.stage,
        "verdict": cell.outcome,
        "statements": list(findings(cell.findings)),
        "shapes": list(findings(cell.shapes)),
        "notes": list(cell.notes),
    }


def findings(found: Iterable[Finding]) -> Iterable[dict[str, Any]]:
    for finding in found:
        yield {
            "sql": finding.statement.sql,
            "verdict": finding.outcome,
            "layer": finding.layer,
            "sqlstate": finding.sqlstate,
            "message": finding.message,
            "step": finding.step,
        }
