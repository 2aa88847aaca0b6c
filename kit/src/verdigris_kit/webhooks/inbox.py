"""Each delivery handled once, however often it is sent, by whichever slot: claimed, handled, noted.

A handler that raises gives its delivery back, and the sender's next try runs it again. A process that is killed in
the middle leaves a claim that runs out. So a handler runs at least once and, but for these two cases, at most once.
"""

import asyncio
import enum
import inspect
import logging
import re
import uuid
from collections.abc import Awaitable
from typing import Any, Callable, Union

from verdigris_kit import counts
from verdigris_kit.rehearsal import rehearsing

from .stores import AsyncStore, Claim, MemoryStore, Store

__all__ = ["KEEP", "WITHIN", "AsyncInbox", "Inbox", "Outcome"]

WITHIN = 60.0
"""Seconds that a claim holds: longer than any handler takes, and no longer than you would wait after a kill."""

KEEP = 7 * 86400.0
"""Seconds that a handled delivery is remembered: longer than any sender goes on trying."""

ID_MAX = 200
NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)

log = logging.getLogger(__name__)


class Outcome(enum.Enum):
    """What became of a delivery. Anything but `BUSY` deserves a 2xx; with `BUSY` the sender has to try again."""

    HANDLED = "handled"
    DUPLICATE = "duplicate"
    BUSY = "busy"


class _Base:
    def __init__(
        self, store: Any, name: str = "inbox", *, within: float = WITHIN, keep: float = KEEP
    ) -> None:
        """`name` keeps senders apart whose ids could be the same; `within` and `keep` are seconds.

        Raise `ValueError` for a name that is no plain word of at most 40 letters, and for times that are not positive.
        """
        if not NAME.fullmatch(name):
            raise ValueError(
                f"name: {name!r} has to be 1 to 40 letters, digits, dots, dashes or underscores."
            )
        if not 0 < within <= keep:
            raise ValueError(
                f"within: {within:g} s has to be more than nothing and at most keep, {keep:g} s."
            )
        self._store = store
        self._name = name
        self._within = within
        self._keep = keep
        self._rehearsed = MemoryStore()

    def _shared(self) -> Any:
        # A copy that a candidate rehearses has the id of the real delivery. If it were noted where all look, the
        # live slot would take the real one for a duplicate and drop it.
        return self._rehearsed if rehearsing() else self._store

    def _key(self, id: str) -> str:
        if not id or len(id) > ID_MAX:
            raise ValueError(f"id: {id[:40]!r} has {len(id)} characters; a delivery's id has 1 to {ID_MAX}.")
        return f"{self._name}:{id}"


class Inbox(_Base):
    """For handlers that are plain functions, on a `Store`."""

    _store: Store

    def receive(self, id: str, handle: Callable[[], object]) -> Outcome:
        """Call `handle` unless this delivery was handled before, or is being handled at this moment.

        What `handle` raises is raised, and the delivery may come again. So is what the store raises before it.
        """
        store, key, owner = self._shared(), self._key(id), uuid.uuid4().hex
        if (claim := store.claim(key, owner, self._within)) is not Claim.MINE:
            return _passed(claim)
        try:
            handle()
        except BaseException:
            _noted(lambda: store.release(key, owner), id)
            raise
        _noted(lambda: store.done(key, owner, self._keep), id)
        return Outcome.HANDLED


class AsyncInbox(_Base):
    """For coroutine functions, on an `AsyncStore`, or on a `Store`, which is then used in a thread."""

    _store: Union[Store, AsyncStore]

    async def receive(self, id: str, handle: Callable[[], Awaitable[object]]) -> Outcome:
        """Do the same; a handler that is cancelled, as by a client that hangs up, gives its delivery back too."""
        store, key, owner = self._shared(), self._key(id), uuid.uuid4().hex
        if (claim := await _called(store.claim, key, owner, self._within)) is not Claim.MINE:
            return _passed(claim)
        try:
            await handle()
        except BaseException:
            await _noted_async(_called(store.release, key, owner), id)
            raise
        await _noted_async(_called(store.done, key, owner, self._keep), id)
        return Outcome.HANDLED


def _passed(claim: Claim) -> Outcome:
    outcome = Outcome.DUPLICATE if claim is Claim.DONE else Outcome.BUSY
    counts.add(f"webhooks.{outcome.value}")
    return outcome


async def _called(verb: Callable[..., Any], *args: Any) -> Any:
    return await (verb(*args) if inspect.iscoroutinefunction(verb) else asyncio.to_thread(verb, *args))


def _noted(note: Callable[[], None], id: str) -> None:
    # The work is done, or its own error is on the way: a store that is gone must not turn the one into a failure,
    # which would have it sent and done again, nor hide the other. The claim runs out by itself.
    try:
        note()
    except Exception as error:
        _unnoted(id, error)


async def _noted_async(note: Awaitable[None], id: str) -> None:
    # Shielded: whoever cancels the handler would otherwise cancel the giving back as well.
    try:
        await asyncio.shield(note)
    except Exception as error:
        _unnoted(id, error)


def _unnoted(id: str, error: Exception) -> None:
    counts.add("webhooks.unnoted")
    log.warning("webhook %s: its store could not be told: %s: %s", id, type(error).__name__, error)
