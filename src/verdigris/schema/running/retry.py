"""A whole transaction, tried again until its locks were free: nobody ever waits for us longer than a blink.

While we wait for a lock, everybody who comes after us waits too. So we wait 100 ms, let go of everything, and come
back a moment later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar

from verdigris.core.errors import ActionError
from verdigris.schema.running.blocking import InTheWay
from verdigris.schema.running.trouble import LOCKED, said, state_of
from verdigris.schema.running.waiting import Tell, Waiting, quietly

__all__ = ["TIMED_OUT", "Patience", "Tried", "until_locked", "waits_at_most", "whole"]

T = TypeVar("T")

TIMED_OUT = "57014"
"""A statement took longer than it may: tried again only where it was said to be brief."""


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds. `lock` is for all locks of a transaction together, but each gets `lock_least`.

    `brief` is how long a statement may take that the trace knows to touch no rows; None where it does not know.
    `within` is how long any other statement of a transaction may take, None for as long as it likes; `build` is for one
    outside of transactions: an index of a large table takes hours. Neither is tried again.
    """

    lock: float = 0.1
    lock_least: float = 0.025
    pause_least: float = 0.25
    pause_most: float = 0.5
    budget: float = 600.0
    brief: float | None = None
    within: float | None = None
    build: float = 6 * 3600.0

    @property
    def statement(self) -> float | None:
        """Seconds that a statement may take."""
        return self.brief or self.within

    @property
    def again(self) -> tuple[str, ...]:
        """The states after which the whole transaction is tried again."""
        return LOCKED if self.brief is None else (*LOCKED, TIMED_OUT)


@dataclass(frozen=True, slots=True)
class Tried(Generic[T]):
    """What came of it, and how often it was tried until then."""

    value: T
    tries: int


def whole(
    connection: Any,
    work: Callable[[Any], T],
    waiting: Waiting,
    *,
    what: str,
    in_the_way: InTheWay | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> Tried[T]:
    """`work` in one transaction, again from its beginning whenever a lock was not had; `what` is a name for it.

    ActionError once the budget is used up, with who was in the way; any other complaint of the server as it is.
    """
    limits = patience or Patience()

    def once() -> T:
        with connection.transaction():
            waits_at_most(connection, limits.lock, limits.statement)
            return work(connection)

    return until_locked(once, waiting, what=what, in_the_way=in_the_way, patience=limits, tell=tell)


def until_locked(
    once: Callable[[], T],
    waiting: Waiting,
    *,
    what: str,
    in_the_way: InTheWay | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
) -> Tried[T]:
    """`once`, which leaves nothing behind when it fails, until it got its locks."""
    import psycopg

    limits = patience or Patience()
    begun = waiting.now()
    for tries in count(1):
        try:
            return Tried(once(), tries)
        except psycopg.Error as error:
            if state_of(error) not in limits.again:
                raise
            gone = waiting.now() - begun
            if gone >= limits.budget:
                raise ActionError(gave_up(what, tries, gone, error, in_the_way)) from None
            if (
                tries & (tries - 1) == 0
            ):  # the first, second, fourth, eighth …: a long wait is no flood of words
                tell(f"{what}: try {tries} let go ({said(error)}; {told(in_the_way)}), it is tried again")
        waiting.sleep(waiting.between(limits.pause_least, limits.pause_most))
    raise AssertionError("count() never ends")


def told(in_the_way: InTheWay | None) -> str:
    return in_the_way.told() if in_the_way else "nobody looked who holds it"


def gave_up(what: str, tries: int, gone: float, error: Exception, in_the_way: InTheWay | None) -> str:
    return (
        f"{what}: no lock in {tries} tries over {gone:.0f} s ({said(error)}); {told(in_the_way)}."
        " Nothing of it was done: end that session or wait for it, then run this again"
    )


def waits_at_most(connection: Any, lock: float, brief: float | None = None) -> None:
    """For the rest of the transaction: so long for a lock, and so long for a statement that is said to be brief."""
    connection.execute(
        "SELECT pg_catalog.set_config('lock_timeout', %s, true), pg_catalog.set_config('statement_timeout', %s, true)",
        (f"{lock * 1000:.0f}ms", f"{(brief or 0) * 1000:.0f}ms"),
    )
