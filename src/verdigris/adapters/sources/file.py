"""Counts that somebody writes into a file: JSON lines, of which the last one counts.

A file that is no longer written looks like one in which nothing happens. So a reading counts only when the file was
written since the one before.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path

from verdigris.adapters.sources.sums import Sums, json_of, sums_of
from verdigris.core.errors import ObservationError
from verdigris.core.world import SLOTS, PerSlot, Slot, Unknown

__all__ = ["CountsFile", "counts_of", "last_lines"]

TAIL = 64 << 10
"""Bytes from the end in which the last line has to stand."""

Written = tuple[int, int, int]


class CountsFile:
    """A reader of `{"blue": {"good": n, "bad": n}, "green": {…}}`."""

    def __init__(self, path: Path, look: Callable[[Path], tuple[bytes, Written]] | None = None) -> None:
        self._path = path
        self._look = look or tail
        self._looking: asyncio.Task[tuple[bytes, Written]] | None = None
        self._written: Written | None = None

    async def read(self) -> PerSlot[Sums | Unknown]:
        text, written = await self._seen()
        if written == self._written:
            raise ObservationError(f"{self._path} was not written any more: look at what writes it")
        found = counts_of(text, str(self._path))
        self._written = written
        return found

    async def _seen(self) -> tuple[bytes, Written]:
        """What a thread sees. A file may lie on a disk that hangs: then one waits for it, whoever gives up meanwhile,
        for threads are few, and those that turn traffic back are among them."""
        if self._looking is None:
            self._looking = asyncio.create_task(
                asyncio.to_thread(self._look, self._path), name="outcomes file"
            )
        await asyncio.wait([self._looking])
        looked, self._looking = self._looking, None
        return looked.result()


def tail(path: Path) -> tuple[bytes, Written]:
    """The end of the file, and what tells this state of it from any other."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise ObservationError(f"{path} cannot be read: {error.strerror}") from None
    try:
        seen = os.fstat(number)
        if not stat.S_ISREG(seen.st_mode):
            raise ObservationError(f"{path} is no file")
        text = os.pread(number, TAIL, max(seen.st_size - TAIL, 0))
        return text, (seen.st_ino, seen.st_size, seen.st_mtime_ns)
    except OSError as error:
        raise ObservationError(f"{path} cannot be read: {error.strerror}") from None
    finally:
        os.close(number)


def counts_of(text: bytes, where: str) -> PerSlot[Sums | Unknown]:
    """The counts of the last line; of the one before while that is only half written."""
    complaint = ObservationError(f"{where} is empty")
    for line in last_lines(text):
        try:
            return both(json_of(line), where)
        except ObservationError as error:
            complaint = ObservationError(f"the last line of {where} cannot be used: {error}")
        if text.endswith(b"\n"):
            break
    raise complaint


def last_lines(text: bytes) -> list[bytes]:
    """The last two lines with anything in them, the last one first."""
    return [line for line in text.splitlines() if line.strip()][-2:][::-1]


def both(document: object, where: str) -> PerSlot[Sums | Unknown]:
    if not isinstance(document, dict):
        raise ObservationError('it has to be an object like {"blue": {"good": 90, "bad": 1}, "green": …}')

    def of(slot: Slot) -> Sums | Unknown:
        try:
            return sums_of(document[slot]) if slot in document else Unknown(f"{where} says nothing of {slot}")
        except ObservationError as error:
            return Unknown(f"{where} of {slot}: {error}")

    blue, green = (of(slot) for slot in SLOTS)
    return PerSlot(blue, green)
