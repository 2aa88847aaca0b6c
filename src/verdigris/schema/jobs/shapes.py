"""What becomes of a release that gives the version that serves other results than it was built for.

Such a statement fails where it was prepared on the server, for ever with some drivers, and no proof can see whether it
was: so it is refused unless somebody takes care of it. `schema.unproven: pass` does not let it pass.
"""

from __future__ import annotations

from verdigris.core.world import Proven
from verdigris.schema.finding import Cell, Finding
from verdigris.schema.jobs.papers import Answer

__all__ = ["RECYCLED", "REFUSED", "reshaped", "weighed"]

REFUSED, RECYCLED = "refused", "recycled"
STATEMENT_MOST = 200
"""Characters of a statement that a sentence shows."""
WAYS = (
    "Name its columns; or set schema.shapes: recycled if the pool of the application checks its connections "
    "(SQLAlchemy pool_pre_ping, Django CONN_HEALTH_CHECKS, psycopg_pool check=ConnectionPool.check_connection; asyncpg "
    "does so by itself), or allowed if its driver prepares nothing on the server"
)


def weighed(answer: Answer, cell: Cell, shapes: str) -> tuple[Answer, tuple[str, ...]]:
    """The answer, refused for results if that is what `schema.shapes` says; and what is told besides."""
    found = reshaped(cell)
    if found and shapes == REFUSED and answer.outcome is not Proven.DISPROVEN:
        return Answer(Proven.DISPROVEN, sentence(cell, found)), ()
    return answer, tuple(
        f"`{text(finding)}`: {finding.columns or finding.message}" for finding in cell.shapes
    )


def reshaped(cell: Cell) -> tuple[Finding, ...]:
    """The statements whose result has other columns. Parameters of other types fail nowhere by themselves."""
    return tuple(finding for finding in cell.shapes if finding.columns)


def sentence(cell: Cell, found: tuple[Finding, ...]) -> str:
    statements = "1 statement" if len(found) == 1 else f"{len(found)} statements"
    gets = "gets" if len(found) == 1 else "get"
    fails = "fails where it was" if len(found) == 1 else "fail where they were"
    return (
        f"{statements} of the {cell.version} release {gets} other result columns on the {cell.stage} schema, and "
        f"{fails} prepared on the server: `{text(found[0])}`: {found[0].columns}. {WAYS}"
    )


def text(finding: Finding) -> str:
    return " ".join(finding.statement.sql.split())[:STATEMENT_MOST]
