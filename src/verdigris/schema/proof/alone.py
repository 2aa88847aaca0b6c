"""The fourth layer: each statement is executed by itself, with parameters that were seen, and rolled back.

Finds what depends on values: lengths, checks, casts, labels of an enum. Never on production: it takes shadows.
Rows that a foreign key asks for are not there, so foreign keys and triggers rest (`session_replication_role`); what
fails while they rest is tried once more while they do not, because a trigger may be what fills in a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verdigris.schema.finding import Finding, Layer, Outcome
from verdigris.schema.proof.sequences import standing
from verdigris.schema.proof.signature import Fault, Signature
from verdigris.schema.proof.telling import HANGING
from verdigris.schema.proof.trying import WITHIN, Try, acting, executed, tries
from verdigris.schema.shadow.database import Database
from verdigris.schema.statement import Statement

__all__ = ["alone", "faults"]

FOREIGN_KEY = "23503"

SLOW = Fault(HANGING, f"it takes more than {WITHIN} on the base already, so it was not tried here")

Faults = dict[int, Fault | None]
"""What was said against each try, by its place among the tries."""


def alone(
    statements: Sequence[Statement],
    signatures: Sequence[Signature],
    base: Database,
    target: Database,
    role: str,
) -> dict[int, Finding]:
    """What works on the base and not on the target, by the place of the statement. Both are left as they were."""
    tried = dict(enumerate(tries(statements, signatures)))
    found: dict[int, Finding] = {}
    with standing(base), standing(target):
        for number, (outcome, fault) in broken(tried, base, target, role).items():
            place = tried[number].number
            if place not in found or outcome is Outcome.DISPROVEN is not found[place].outcome:
                found[place] = Finding(statements[place], outcome, Layer.ALONE, fault.sqlstate, fault.message)
    return found


def broken(
    tried: Mapping[int, Try], base: Database, target: Database, role: str
) -> dict[int, tuple[Outcome, Fault]]:
    """What came of each try that is not well on the target."""
    resting = faults(tried, base, role, rest=True)
    hanging = {
        number: (Outcome.UNPROVEN, SLOW)
        for number, fault in resting.items()
        if fault is not None and fault.sqlstate == HANGING
    }
    well = {number: tried[number] for number, fault in resting.items() if fault is None}
    worse = failing(faults(well, target, role, rest=True))
    again = {n: each for n, each in tried.items() if n in worse or (n not in well and n not in hanging)}
    before = faults(again, base, role)
    after = faults({n: each for n, each in again.items() if n in worse or before[n] is None}, target, role)
    judged = {number: judge(worse.get(number), before[number], fault) for number, fault in after.items()}
    return hanging | {number: each for number, each in judged.items() if each is not None}


def judge(resting: Fault | None, before: Fault | None, after: Fault | None) -> tuple[Outcome, Fault] | None:
    """Of what works on the base, in one way or the other. `resting` is what the target says while triggers rest.

    `before` is what the base and `after` what the target says while they do not.
    """
    if after is None:
        return None
    worst = resting or after
    if HANGING in (worst.sqlstate, after.sqlstate):
        return Outcome.UNPROVEN, Fault(HANGING, f"it takes more than {WITHIN} here, and less on the base")
    if before is None or after.sqlstate == worst.sqlstate:
        return Outcome.DISPROVEN, worst if after.sqlstate == worst.sqlstate else after
    # A foreign key is asked last: whatever failed at rest was passed before it.
    return None if after.sqlstate == FOREIGN_KEY else (Outcome.UNPROVEN, worst)


def failing(found: Faults) -> dict[int, Fault]:
    return {number: fault for number, fault in found.items() if fault is not None}


def faults(tried: Mapping[int, Try], database: Database, role: str, *, rest: bool = False) -> Faults:
    """What a database says against each."""
    if not tried:
        return {}
    with acting(database, role, rest=rest) as connection:
        return dict(zip(tried, executed(connection, list(tried.values())), strict=True))
