"""What a server says against a statement that was executed, without a word of whoever's data it was executed with.

PostgreSQL puts values into messages: the row that fails a check, the text that is no date, whatever a trigger likes to
say. Details and hints are never read, quoted values are cut out, and what was raised by hand is not repeated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from verdigris.schema.proof.signature import Fault
from verdigris.schema.shadow.database import client

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

__all__ = ["HANGING", "said"]

HANGING = "57014"
"""The server's own time limit ended it."""
DATA = "22"
"""The class of errors whose messages quote a value."""
NAMES = ("23", "42", "0A", "25", "2B", "34", "3F", "44", "53", "54", "55", "57", "40")
"""The classes whose messages quote nothing but names of the schema, as long as nobody raised them by hand."""
QUOTED = re.compile(r'".*"', re.DOTALL)
BYTES = re.compile(r"\b0x[0-9a-f]{2}\b")
RAISED = re.compile(r"^PL/pgSQL function .{1,200}? line \d{1,9} at RAISE", re.MULTILINE)
LONGEST = 300


def said(results: Sequence[PGresult], encoding: str = "utf-8") -> Fault | None:
    """What ended a question; None when nothing did."""
    status = client().pq.ExecStatus
    failed = next((result for result in results if result.status == status.FATAL_ERROR), None)
    return None if failed is None else fault(failed, encoding)


def fault(failed: PGresult, encoding: str) -> Fault:
    field = client().pq.DiagnosticField
    state, message, context = (
        (failed.error_field(name) or b"").decode(encoding, "replace")
        for name in (field.SQLSTATE, field.MESSAGE_PRIMARY, field.CONTEXT)
    )
    return Fault(state, impersonal(state, message, context)[:LONGEST])


def impersonal(sqlstate: str, message: str, context: str) -> str:
    """The message without values."""
    raised = RAISED.search(context)
    if raised:
        return f"raised by {raised[0].removesuffix(' at RAISE')} (its words are not repeated: they may hold data)"
    if sqlstate.startswith(DATA):
        return BYTES.sub("…", QUOTED.sub('"…"', message))
    if sqlstate.startswith(NAMES):
        return message
    return "an error whose words are not repeated: they may hold data"
