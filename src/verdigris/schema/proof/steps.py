"""Which part of a migration broke what is disproven: the migration is run once more, part by part.

Bounded: what parsing and planning found is looked for after every part, what only executing found after every
part of a short migration and after every file of a long one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from verdigris.schema.finding import Cell, Layer, Outcome
from verdigris.schema.proof.applied import Way
from verdigris.schema.proof.cells import LAYERS, Findings, Place, server_says
from verdigris.schema.proof.reference import Reference, probe
from verdigris.schema.shadow.database import Database

__all__ = ["with_steps"]

ASKED = (Layer.PARSE, Layer.PLAN)
STEPS, SHORT = 2_000, 12
"""Parts of a migration that are looked after one by one at all, and with what takes longer."""
BROKEN = 200
"""Broken statements whose step is looked for."""


def with_steps(cell: Cell, seen: Reference, start: Database, place: Place, way: Way) -> Cell:
    """The cell with the step of what it disproves; `start` is the schema where the way begins."""
    broken = {n: finding for n, finding in enumerate(cell.findings) if finding.outcome is Outcome.DISPROVEN}
    if not broken or not 0 < way.parts <= STEPS:
        return cell
    wanted = dict(list(broken.items())[:BROKEN])
    found = steps(wanted, seen, start, place, way)
    findings = (replace(finding, step=found.get(n, "")) for n, finding in enumerate(cell.findings))
    return replace(cell, findings=tuple(findings))


def steps(wanted: Findings, seen: Reference, start: Database, place: Place, way: Way) -> dict[int, str]:
    """The first step after which each of them fails as it fails in the end."""
    found: dict[int, str] = {}
    often = way.parts <= SHORT
    with place.server.copy(start) as copy:
        here = replace(place, target=copy)
        for part, whole in way.go(copy):
            for n in failing(open_ones(wanted, found), seen, here, slowly=often or bool(whole)):
                found[n] = part if often or wanted[n].layer in ASKED else whole
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
