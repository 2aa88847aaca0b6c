"""What a database has to complain of, as a sentence without anybody's data in it.

PostgreSQL quotes values of rows in its details and in messages on data; both are left out, names stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from verdigris.core.errors import ActionError
from verdigris.schema.shadow.database import client, first_line

__all__ = ["DATA", "LOCKED", "reached", "said", "state_of"]

LOCKED = ("55P03", "40P01")
"""A lock was not had in time, or two waited for each other: the whole transaction may be tried again."""
DATA = "22"
"""The class of states whose messages quote values."""
GONE = ("08", "57P")
"""Classes of states with which a server says good-bye."""
FULL = "53100"
LONGEST = 300
ANY_STRING = re.compile(r"\"[^\"]*\"|'[^']*'|(?<=: ).*", re.DOTALL)


def state_of(error: Any) -> str:
    """The SQLSTATE, "" where the server gave none: it is gone then."""
    return str(getattr(error, "sqlstate", None) or "")


def gone(error: Any) -> bool:
    """Whether the connection is lost, and with it the answer to what was asked last."""
    return state_of(error).startswith(GONE) or (
        not state_of(error) and isinstance(error, client().OperationalError)
    )


def unsaid(error: Any) -> str:
    """What psycopg says by itself; what it says of a lost connection repeats where that led."""
    if isinstance(error, client().OperationalError):
        return "the server does not answer any more"
    return next(iter(str(error).splitlines()), type(error).__name__)


def said(error: Any) -> str:
    """`23505 could not create unique index "users_email"`."""
    state = state_of(error)
    text = getattr(getattr(error, "diag", None), "message_primary", None) or unsaid(error)
    if state == FULL:
        text = first_line(error)
    if state.startswith(DATA):
        text = ANY_STRING.sub("…", text)
    return f"{state} {' '.join(text.split())}".strip()[:LONGEST]


@contextmanager
def reached(doing: str) -> Iterator[None]:
    """Whatever the server refuses or breaks off in this block is an `ActionError` that says what was being done."""
    try:
        yield
    except client().Error as error:
        again = "; what was committed stays, run it again and it goes on from there" if gone(error) else ""
        raise ActionError(f"{doing}: {said(error)}{again}") from None
