"""Which statement of a migration broke what is disproven: the migration is run once more, statement by statement.

Bounded: what parsing and planning found is looked for after every statement, what only executing found after every
statement of a short migration and after every file of a long one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verdigris.schema.finding import Cell, Layer, Outcome
from verdigris.schema.proof.applied import one_by_one
from verdigris.schema.proof.cells import LAYERS, Findings, Place, server_says
from verdigris.schema.proof.reference import Reference, probe
from verdigris.schema.script import Script
from verdigris.schema.shadow.database import Database

__all__ = ["with_steps"]

ASKED = (Layer.PARSE, Layer.PLAN)
STEPS, SHORT = 2_000, 12
"""Statements of a migration that are looked after one by one at all, and with what takes longer."""
BROKEN = 200
"""Broken statements whose step is looked for."""


def with_steps(cell: Cell, seen: Reference, start: Database, place: Place, scripts: Sequence[Script]) -> Cell:
    """The cell with the step of what it disproves; `start` is the schema that the scripts are run on."""
    broken = {n: finding for n, finding in enumerate(cell.findings) if finding.outcome is Outcome.DISPROVEN}
    count = sum(len(script.statements) for script in scripts)
    if not broken or not count or count > STEPS:
        return cell
    wanted = dict(list(broken.items())[:BROKEN])
    found = steps(wanted, seen, start, place, scripts, often=count <= SHORT)
    findings = (replace(finding, step=found.get(n, "")) for n, finding in enumerate(cell.findings))
    return replace(cell, findings=tuple(findings))


def steps(
    wanted: Findings,
    seen: Reference,
    start: Database,
    place: Place,
    scripts: Sequence[Script],
    *,
    often: bool,
) -> dict[int, str]:
    """The first step after which each of them fails as it fails in the end."""
    found: dict[int, str] = {}
    with place.server.copy(start) as copy:
        for name, last in one_by_one(copy, scripts):
            for n in failing(
                open_ones(wanted, found), seen, replace(place, target=copy), slowly=often or last
            ):
                found[n] = name if often or wanted[n].layer in ASKED else name.partition(": ")[0]
            if len(found) == len(wanted):
                break
    return found


def open_ones(wanted: Findings, found: Iterable[int]) -> Findings:
    done = set(found)
    return {n: finding for n, finding in wanted.items() if n not in done}


def failing(wanted: Findings, seen: Reference, place: Place, *, slowly: bool) -> list[int]:
    """Those that fail here in the same way."""
    asked = {n for n, finding in wanted.items() if finding.layer in ASKED}
    said: Findings = {}
    if asked:
        only = [each if n in asked else replace(each, idle=True) for n, each in enumerate(seen.signatures)]
        said = server_says(seen, probe(place.target, only, place.role))
    if slowly and len(asked) < len(wanted):
        for layer in LAYERS:
            said = {**layer(seen, place, said), **said}
    return [n for n, finding in wanted.items() if n in said and said[n].sqlstate == finding.sqlstate]
