"""Many questions to one server without waiting for each answer. Each stands by itself: one that fails fails alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from verdigris.core.errors import ActionError
from verdigris.schema.proof.signature import Fault
from verdigris.schema.shadow.database import client

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult

__all__ = ["Send", "answers", "fault_of", "quietly"]

Send = Callable[["PGconn"], None]
"""One message of a question, sent and not waited for."""

AT_ONCE = 64
"""Questions on their way at the same time: more fill the buffers of both sides and gain nothing."""
SETTINGS = (
    "SET client_encoding = 'UTF8'",
    "SET default_transaction_read_only = on",
    "SET statement_timeout = '10s'",
    "SET plan_cache_mode = force_generic_plan",
    "SET max_parallel_workers_per_gather = 0",
)


def quietly(connection: Any) -> None:
    """Make a connection one on which nothing can be written, and nothing takes for ever."""
    for setting in SETTINGS:
        connection.execute(setting)


def answers(connection: Any, questions: Sequence[Sequence[Send]]) -> Iterator[list[PGresult]]:
    """The results of each question, in order. `ActionError` when the server goes away."""
    psycopg = client()
    pgconn: PGconn = connection.pgconn
    try:
        pgconn.enter_pipeline_mode()
        for start in range(0, len(questions), AT_ONCE):
            some = questions[start : start + AT_ONCE]
            for sends in some:
                for send in sends:
                    send(pgconn)
                pgconn.pipeline_sync()
            for _ in some:
                yield collected(pgconn)
        pgconn.exit_pipeline_mode()
    except psycopg.NotSupportedError as error:
        raise ActionError("the schema proof needs libpq 14 or newer: install psycopg[binary]") from error
    except psycopg.OperationalError as error:
        raise gone(str(error)) from error


def collected(pgconn: PGconn) -> list[PGresult]:
    """What came up to the end of one question."""
    status = client().pq.ExecStatus
    found: list[PGresult] = []
    while True:
        result = pgconn.get_result()
        if result is None:
            if pgconn.status != client().pq.ConnStatus.OK:
                raise gone(pgconn.error_message.decode(errors="replace"))
        elif result.status == status.PIPELINE_SYNC:
            return found
        else:
            found.append(result)


def gone(said: str) -> ActionError:
    first = (said.strip().splitlines() or ["it said nothing"])[0]
    return ActionError(
        f"the shadow database went away in the middle of the proof: {first}. Nothing is lost: try again"
    )


def fault_of(results: Sequence[PGresult], encoding: str = "utf-8") -> Fault | None:
    """What the server said against a question; None when it said nothing against it."""
    pq = client().pq
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            fields = {name: result.error_field(name) for name in (
                pq.DiagnosticField.SQLSTATE, pq.DiagnosticField.MESSAGE_PRIMARY, pq.DiagnosticField.STATEMENT_POSITION,
            )}  # fmt: skip
            state, message, position = ((raw or b"").decode(encoding, "replace") for raw in fields.values())
            return Fault(state, message, int(position or 0))
    return None
