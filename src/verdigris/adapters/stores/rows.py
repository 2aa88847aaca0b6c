"""Questions to the tables, and writes: what happens inside one transaction, on the connection that is handed in.

Nothing here opens, commits or retries; `sql` does, and turns what goes wrong into the errors of the port.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from verdigris.adapters.stores.records import dump, packed, plain
from verdigris.adapters.stores.tables import COMMANDS, COUNTS, DEPLOYMENTS, EVENTS, FILED
from verdigris.core.deployment import Answered, Deployment, Note
from verdigris.core.errors import Conflict
from verdigris.ports import Counted, Saved

__all__ = ["Answer", "answer", "newest", "save", "settle", "waiting"]

Answer = tuple[int, bool, str]
"""The id of a waiting row, whether it was accepted, and the sentence."""

WAITING_MOST = 1000


def newest(connection: Connection, app: str) -> Any:
    """`data` and `policy` of the app's newest deployment, or None."""
    rows = DEPLOYMENTS.c
    query = select(rows.data, rows.policy).where(rows.app == app).order_by(rows.row.desc()).limit(1)
    return connection.execute(query).first()


def save(
    connection: Connection,
    saved: Saved,
    expected: int | None,
    notes: Sequence[Note],
    answers: Sequence[Answered],
    wall: float,
    counted: Sequence[Counted] = (),
) -> None:
    """Swap the deployment and write what goes with it."""
    swap(connection, saved, expected, wall)
    count_up(connection, saved.deployment, counted)
    if notes:
        connection.execute(insert(EVENTS), [event_row(saved.deployment, note, wall) for note in notes])
    if answers:
        answer(connection, COMMANDS, [(a.command, a.accepted, a.sentence) for a in answers])


def swap(connection: Connection, saved: Saved, expected: int | None, wall: float) -> None:
    """Write the deployment if it is the app's newest and still has the generation `expected`, or is new for None."""
    d = saved.deployment
    this = (DEPLOYMENTS.c.app == d.app, DEPLOYMENTS.c.id == d.id)
    found = connection.execute(select(DEPLOYMENTS.c.row, DEPLOYMENTS.c.generation).where(*this)).first()
    if (found.generation if found else None) != expected:
        has = f"has generation {found.generation}" if found else "does not exist"
        raise Conflict(
            f"{d.app}: {d.id} {has}, expected {expected}: somebody else wrote. Look again and decide anew"
        )
    if found is None:
        connection.execute(insert(DEPLOYMENTS).values(created=wall, **columns(saved, wall)))
        return
    later = connection.execute(
        select(DEPLOYMENTS.c.id).where(this[0], DEPLOYMENTS.c.row > found.row)
    ).scalar()
    if later is not None:
        raise Conflict(f"{d.app}: {d.id} is over, {later} was begun after it. Look again and decide anew")
    connection.execute(update(DEPLOYMENTS).where(*this).values(columns(saved, wall)))


def columns(saved: Saved, wall: float) -> dict[str, Any]:
    d = saved.deployment
    return {
        "app": d.app,
        "id": d.id,
        "phase": d.phase,
        "generation": d.generation,
        "data": dump(d),
        "policy": dump(saved.policy),
        "updated": wall,
    }


def event_row(d: Deployment, note: Note, wall: float) -> dict[str, Any]:
    return {
        "wall": wall,
        "app": d.app,
        "deployment": d.id,
        "generation": d.generation,
        "phase": d.phase,
        "kind": note.kind,
        "sentence": plain(note.sentence),
        "evidence": plain(note.evidence),
    }


def count_up(connection: Connection, d: Deployment, counted: Sequence[Counted]) -> None:
    """Write these seconds, and forget those that they supersede."""
    begins = [n for n, one in enumerate(counted) if one.heading is not None and not one.heading.goes_on]
    if begins:
        ours = (COUNTS.c.app == d.app, COUNTS.c.deployment == d.id)
        connection.execute(delete(COUNTS).where(*ours))
    of_it = counted[begins[-1] if begins else 0 :]
    if of_it:
        once = insert(COUNTS).prefix_with("OR IGNORE")
        connection.execute(once, [count_row(d, one) for one in of_it])


def count_row(d: Deployment, one: Counted) -> dict[str, Any]:
    return {"app": d.app, "deployment": d.id, "at": one.at, "ln_e": one.ln_e, "lines": packed(one)}


def waiting(connection: Connection, table: Table, app: str) -> Sequence[Any]:
    """The rows of commands or filings that have no answer, in their order."""
    query = select(table).where(table.c.app == app, table.c.accepted.is_(None))
    return connection.execute(query.order_by(table.c.id).limit(WAITING_MOST)).all()


def answer(connection: Connection, table: Table, answers: Sequence[Answer]) -> None:
    """Answer rows that wait; one that has its answer keeps it."""
    unanswered = update(table).where(table.c.id == bindparam("row"), table.c.accepted.is_(None))
    answered = unanswered.values(accepted=bindparam("yes"), sentence=bindparam("said"))
    connection.execute(answered, [{"row": n, "yes": yes, "said": plain(said)} for n, yes, said in answers])


def settle(connection: Connection, filing: Answer, deployment: str) -> None:
    answer(connection, FILED, [filing])
    unnamed = update(FILED).where(FILED.c.id == filing[0], FILED.c.deployment.is_(None))
    connection.execute(unnamed.values(deployment=deployment))
