"""What a version cannot do on the very schema that it is meant for, found by doing it: each alone, and undone.

There is nothing to compare with, so only that counts which no row could have made good: a column that must not be NULL,
a check, a value that does not fit. A row that is not there yet, or is there already, says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from verdigris.schema.finding import Finding, Layer, Outcome
from verdigris.schema.proof.alone import faults
from verdigris.schema.proof.reference import Reference
from verdigris.schema.proof.sequences import standing
from verdigris.schema.proof.signature import Fault
from verdigris.schema.proof.trying import tries
from verdigris.schema.shadow.database import Database

__all__ = ["unable"]

CERTAIN = ("22", "42", "23502", "23514", "428C9")
"""SQLSTATEs and classes that depend on nothing but the statement, its parameters and the schema."""


def unable(seen: Reference, database: Database, role: str = "") -> Mapping[int, Finding]:
    """What fails with parameters that were seen, triggers at rest and at work, by the place of the statement."""
    tried = dict(enumerate(tries(seen.statements, seen.signatures)))
    if not tried:
        return {}
    with standing(database):
        resting = certain(faults(tried, database, role, rest=True))
        working = certain(faults({n: tried[n] for n in resting}, database, role))
    return {
        tried[n].number: Finding(
            seen.statements[tried[n].number], Outcome.DISPROVEN, Layer.ALONE, fault.sqlstate, fault.message
        )
        for n, fault in working.items()
    }


def certain(found: Mapping[int, Fault | None]) -> dict[int, Fault]:
    return {
        n: fault for n, fault in found.items() if fault is not None and fault.sqlstate.startswith(CERTAIN)
    }
