"""The fifth layer: the recorded run is executed in its order, on the base and on the target, and rolled back.

Finds what needs what came before: a check that only an UPDATE meets, a value that comes twice, a foreign key, a
trigger, rows that a policy hides. It runs as the application, triggers and foreign keys at work. Where answers differ
the base is run once more, and what differs between those two is nobody's doing. Sequences do not roll back: they are
set alike before each run, for otherwise every generated key would differ, and put back at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from verdigris.schema.finding import Finding, Layer, Outcome
from verdigris.schema.proof.answer import Answer, fewer, instead, other
from verdigris.schema.proof.likeness import Key, changed, furthest, shared_keys
from verdigris.schema.proof.recorded import run
from verdigris.schema.proof.sequences import standing
from verdigris.schema.proof.signature import Signature
from verdigris.schema.proof.telling import HANGING
from verdigris.schema.proof.trying import WITHIN, Try, tries
from verdigris.schema.shadow.database import Database
from verdigris.schema.statement import Statement

__all__ = ["replay"]

OF_ROWS = ("", "23503", "23505", "23P01")
"""What comes of rows that are there, or are not: keys that are missing or taken, and answers that worked."""
FOREIGN_KEY = "23503"
CATALOG = re.compile(r"\b(pg_\w+|information_schema)\b", re.IGNORECASE)
"""Who asks for the schema itself is told of another one, as it should be."""
Answers = tuple[Answer, Answer, Answer]
"""Of the base, of the base once more, and of the target."""
FOLLOWS = "it may follow from what failed before it"
RUNS = 20
"""Sets of parameters of a statement that a run holds, at most."""


def replay(
    statements: Sequence[Statement],
    base: Database,
    target: Database,
    role: str,
    signatures: Sequence[Signature] = (),
) -> dict[int, Finding]:
    """What works on the base and does otherwise on the target, by the place of the statement.

    Another SQLSTATE or fewer rows disprove it. The same rows with other values leave it unproven: whether a new default
    is meant, nobody can tell from here. Added columns are no difference, nor are columns whose type is another.
    """
    tried = tries(statements, signatures, RUNS)
    if not tried:
        return {}
    with standing(base) as before, standing(target) as there:
        start = furthest(before, there)
        moved = [table for _, table in changed(before, there)]
        alike = not any(table in each.sql for table in moved for each in tried)

        def answered(*without: Key) -> list[Answers]:
            once, after = (run(database, role, tried, start, without) for database in (base, target))
            pairs = zip(tried, once, after, strict=True)
            if not any(
                compared(statements[each.number], one, one, two, alike=alike) for each, one, two in pairs
            ):
                return list(zip(once, once, after, strict=True))
            return list(zip(once, run(base, role, tried, start, without), after, strict=True))

        answers = answered()
        found = findings(statements, tried, answers, alike=alike)
        shared = shared_keys(before, there)
        if shared and any(once.sqlstate == FOREIGN_KEY for once, _, _ in answers):
            # Recordings begin in the middle: rows that older ones refer to are not here, and on the base neither.
            found = findings(statements, tried, answered(*shared), alike=alike) | found
    return found


def findings(
    statements: Sequence[Statement],
    tried: Sequence[Try],
    answers: Iterable[Answers],
    *,
    alike: bool,
) -> dict[int, Finding]:
    """One of each statement at most, the worse one."""
    found: dict[int, Finding] = {}
    since = Since()
    for each, (once, twice, after) in zip(tried, answers, strict=True):
        finding = since.weighed(compared(statements[each.number], once, twice, after, alike=alike))
        since = since.then(once, after)
        known = found.get(each.number)
        if finding and (known is None or finding.outcome is Outcome.DISPROVEN is not known.outcome):
            found[each.number] = finding
    return found


@dataclass(frozen=True, slots=True)
class Since:
    """What already went another way in this run: from there on rows differ, and keys are taken or missing."""

    failed: bool = False
    """Something worked on the base only."""
    ahead: bool = False
    """Something worked on the target only, which is no fault of the migration, nor of what comes after."""

    def weighed(self, finding: Finding | None) -> Finding | None:
        """The finding, as far as it still says something."""
        if finding is None or not (self.failed or self.ahead) or not of_rows(finding):
            return finding
        if self.ahead:
            return None
        return replace(finding, outcome=Outcome.UNPROVEN, message=f"{finding.message} ({FOLLOWS})")

    def then(self, once: Answer, after: Answer) -> Since:
        """After one more statement."""
        works, worked = not after.sqlstate, not once.sqlstate
        return replace(
            self, failed=self.failed or (worked and not works), ahead=self.ahead or (works and not worked)
        )


def of_rows(finding: Finding) -> bool:
    """Whether a finding hangs on rows that are there, or are not."""
    return finding.sqlstate in OF_ROWS


def compared(
    statement: Statement, once: Answer, twice: Answer, after: Answer, *, alike: bool
) -> Finding | None:
    """What differs. With rows that the migration itself changed, values say nothing; that rows are gone still does."""
    if HANGING in (once.sqlstate, twice.sqlstate):
        return unproven(
            statement, HANGING, f"it takes more than {WITHIN} on the base already: nothing is known here"
        )
    if once.sqlstate or twice.sqlstate:
        return None
    if after.sqlstate == HANGING:
        return unproven(statement, HANGING, f"it takes more than {WITHIN} here, and less on the base")
    if after.sqlstate:
        return Finding(statement, Outcome.DISPROVEN, Layer.REPLAY, after.sqlstate, after.message)
    if CATALOG.search(statement.sql):
        return None
    if once.count == twice.count and fewer(once, after):
        return Finding(
            statement, Outcome.DISPROVEN, Layer.REPLAY, "",
            f"it works, {instead(once, after)} in the same run",
        )  # fmt: skip
    differing = other(once, twice, after) if alike else ""
    return unproven(statement, "", f"it works, {differing} in the same run") if differing else None


def unproven(statement: Statement, sqlstate: str, message: str) -> Finding:
    return Finding(statement, Outcome.UNPROVEN, Layer.REPLAY, sqlstate, message)
