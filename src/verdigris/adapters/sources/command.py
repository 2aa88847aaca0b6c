"""Counts that a command prints, one call for each slot: a JSON object on its standard output.

No shell reads its arguments, and nothing of the controller's environment but PATH, HOME, LANG and TZ goes to it. It
has so long, and may print so much; then its whole group of processes is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, cast

from verdigris.adapters.sources.sums import Sums, json_of, sums_of
from verdigris.core.errors import ObservationError
from verdigris.core.world import PerSlot, Slot, Unknown
from verdigris.keeper.environment import base

__all__ = ["OUTPUT_MOST", "CountsCommand"]

OUTPUT_MOST = 64 << 10
SAID_MOST = 200
"""Characters of what a failed command said that are repeated."""
GLANCE = 0.05
"""Seconds between two looks whether somebody still wants to know."""


class CountsCommand:
    """A reader that runs `argv` in `directory`, `{slot}` in it standing for blue and green.

    Who stops waiting ends what runs.
    """

    def __init__(self, argv: tuple[str, ...], directory: Path) -> None:
        self._argv = argv
        self._directory = directory

    async def read(self) -> PerSlot[Sums | Unknown]:
        blue, green = await asyncio.gather(self.of(Slot.BLUE), self.of(Slot.GREEN))
        return PerSlot(blue, green)

    async def of(self, slot: Slot) -> Sums | Unknown:
        argv = [part.replace("{slot}", slot) for part in self._argv]
        given_up = threading.Event()
        try:
            # In a thread: a child of an event loop that is cancelled while it starts is nobody's.
            text = await asyncio.to_thread(printed, argv, self._directory, given_up)
            return counted(text)
        except ObservationError as error:
            return Unknown(f"{argv[0]} for {slot} {error}")
        finally:
            given_up.set()


def counted(text: bytes) -> Sums:
    try:
        return sums_of(json_of(text))
    except ObservationError as error:
        raise ObservationError(f"prints what is no count: {error}") from None


def printed(argv: list[str], directory: Path, given_up: threading.Event) -> bytes:
    """What one call printed, once it has ended well."""
    try:
        process = subprocess.Popen(
            argv, cwd=directory, env=base(os.environ), start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise ObservationError(f"does not start: {getattr(error, 'strerror', None) or error}") from None
    with process:
        try:
            output, said = both_ends(process, given_up)
            while process.poll() is None:
                wanted(given_up)
                given_up.wait(GLANCE)
        except BaseException:
            # Whoever it started may hold its output open for ever. Not waited for yet, the group is still its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return result(output, said, process.returncode)


def both_ends(process: subprocess.Popen[bytes], given_up: threading.Event) -> tuple[bytes, bytes]:
    """All of its output and its complaints, up to where nobody writes any more."""
    assert process.stdout is not None and process.stderr is not None
    found = {process.stdout: b"", process.stderr: b""}
    with selectors.DefaultSelector() as waiting:
        for stream in found:
            waiting.register(stream, selectors.EVENT_READ)
        while waiting.get_map():
            wanted(given_up)
            for stream in ready(waiting):
                part = stream.read(OUTPUT_MOST)
                found[stream] += part or b""
                if len(found[stream]) > OUTPUT_MOST:
                    raise ObservationError(f"prints more than {OUTPUT_MOST >> 10} KiB")
                if not part:
                    waiting.unregister(stream)
    return found[process.stdout], found[process.stderr]


def ready(waiting: selectors.BaseSelector) -> list[IO[bytes]]:
    return [cast("IO[bytes]", entry.fileobj) for entry, _ in waiting.select(GLANCE)]


def wanted(given_up: threading.Event) -> None:
    if given_up.is_set():
        raise ObservationError("takes too long")


def result(output: bytes, said: bytes, code: int) -> bytes:
    if code:
        last = (said.decode(errors="replace").strip().splitlines() or ["nothing"])[-1].strip()[:SAID_MOST]
        raise ObservationError(f"ended with {code} and said: {last if last.isprintable() else ascii(last)}")
    return output
