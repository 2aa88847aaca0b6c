"""Carries a backfill out: a range of keys in each transaction, and the place that was reached noted in the same one.

Killed anywhere, it goes on where it was: no row is done twice, none is left out. It gives way to everybody: it pauses
while replicas lag, while whoever serves is slow, and when somebody waited for rows that it held.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.running import journal
from verdigris.schema.running.backfill import Backfill
from verdigris.schema.running.batches import Filling, Manners
from verdigris.schema.running.blocking import InTheWay, beside
from verdigris.schema.running.keys import key_of
from verdigris.schema.running.prechecks import hidden
from verdigris.schema.running.retry import Patience, waits_at_most
from verdigris.schema.running.session import Connect, opened
from verdigris.schema.running.trouble import reached, said
from verdigris.schema.running.waiting import Pace, Tell, Waiting, quietly
from verdigris.schema.shadow.database import client

__all__ = ["Filled", "Manners", "fill", "rows_left"]

ROUNDS = 5
"""Times that the table is walked through in one call, while rows go on arriving behind the cursor."""
COUNT_WITHIN = 600.0
GLANCE_WITHIN = 10.0
"""Seconds for counting what there is to do: it is told and nothing else, so a large table is not counted."""


@dataclass(frozen=True, slots=True)
class Filled:
    """`rows` were changed and `batches` committed over all calls; `left` is what the counter-example query counted."""

    name: str
    rows: int
    batches: int
    rounds: int
    left: int | None


def fill(
    connect: Connect,
    spec: Backfill,
    *,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    manners: Manners | None = None,
    tell: Tell = quietly,
) -> Filled:
    """Until the counter-example query counts 0. ActionError when it cannot be brought to that, with the reason;
    another call goes on from where this one ended. Refused when the file is not what it was when it began.
    """
    waiting, manners = waiting or Pace(), manners or Manners()
    with opened(connect, waiting) as connection, reached(spec.name):
        key = key_of(connection, spec.table, spec.key)
        over = begun(connection, spec)
        filling = Filling(
            connection, spec, key, waiting, replace(patience or Patience(), brief=manners.batch), manners, tell,
            InTheWay(connection.info.backend_pid), spec.rows,
        )  # fmt: skip
        if unseen := hidden(connection):
            tell(f"{spec.name}: whether the application is slow is seen in part: {unseen}")
        with beside(connect, filling.look):
            left = counted(connection, spec) if over else rounds(filling)
            if over and left:
                filling.again()
                left = rounds(filling)
        return summary(connection, spec, left)


def begun(connection: Any, spec: Backfill) -> bool:
    """Note that it is under way; whether it was over already."""
    hash_ = journal.fingerprint(spec.texts)
    connection.execute(
        "INSERT INTO verdigris_schema.backfills (name, hash) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        (spec.name, hash_),
    )
    was, since, over = connection.execute(
        "SELECT hash, started, finished IS NOT NULL FROM verdigris_schema.backfills WHERE name = %s",
        (spec.name,),
    ).fetchone()
    if was != hash_:
        raise Refused(
            f"{spec.name} began here on {since:%Y-%m-%d %H:%M} and has changed since: put it back as it was, and write"
            " the change as a backfill with a new name"
        )
    return bool(over)


def rounds(filling: Filling) -> int | None:
    """Through the table until nothing is left, and what is left then."""
    spec = filling.spec
    with suppress(ActionError):
        filling.due = counted(filling.connection, spec, GLANCE_WITHIN)
    for turn in range(1, ROUNDS + 1):
        filling.round()
        left = counted(filling.connection, spec)
        if not left:
            filling.finished()
            return left
        filling.again()
        if filling.changed == 0 and turn > 1:
            raise ActionError(
                f"{spec.name}: {left} rows are left and the last round changed none of them: the statement does not do"
                " what its condition asks for; look at one of those rows"
            )
        filling.tell(f"{spec.name}: {left} rows are left or arrived behind it, it goes round again")
    raise ActionError(
        f"{spec.name}: {left} rows are left after {ROUNDS} rounds: rows are still written by version 1; add the sync"
        " trigger, so that it writes them as version 2 does, and run this again"
    )


def counted(connection: Any, spec: Backfill, within: float = COUNT_WITHIN) -> int | None:
    """What the counter-example query counts."""
    if spec.left is None:
        return None
    try:
        with connection.transaction():
            waits_at_most(connection, Patience().lock, within)
            connection.execute("SET LOCAL TRANSACTION READ ONLY")
            row = connection.execute(spec.left).fetchone()
    except client().Error as error:
        raise ActionError(f"{spec.name}: the rows that are left cannot be counted: {said(error)}") from None
    if row is None or len(row) != 1 or not isinstance(row[0], int):
        raise ConfigError(f"{spec.name}: left: it has to give one number: write SELECT count(*) …")
    return row[0]


def rows_left(connection: Any, spec: Backfill) -> int | None:
    """How many rows the counter-example query finds now: 0 is what a contract needs. None where nobody asks."""
    return counted(connection, spec)


def summary(connection: Any, spec: Backfill, left: int | None) -> Filled:
    rows, batches, turns = connection.execute(
        "SELECT rows, batches, round FROM verdigris_schema.backfills WHERE name = %s", (spec.name,)
    ).fetchone()
    return Filled(spec.name, rows, batches, turns, left)
