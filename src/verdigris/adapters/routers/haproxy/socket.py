"""A conversation with one HAProxy process over its runtime socket.

It is kept open: a process that was succeeded by another can still be asked and told through it, and through
nothing else. Bounded answers; who calls sets the deadline. A conversation that was interrupted is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from verdigris.adapters.routers.haproxy.words import SOCKET
from verdigris.core.errors import ObservationError

__all__ = ["ANSWER_MOST", "Conversation"]

ANSWER_MOST = 4 << 20
PROMPT = b"\n> "
PID = re.compile("[1-9][0-9]{0,9}", re.ASCII)


class Conversation:
    """Questions and answers, in order, one batch at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self.pid = 0
        self.structure = ""

    @classmethod
    async def open(cls, directory: Path) -> Conversation:
        """Talk to the process that has the socket now. `ObservationError` when none has."""
        try:
            with _near(directory) as near:
                reader, writer = await asyncio.open_unix_connection(f"{near}/{SOCKET}")
        except OSError as error:
            raise ObservationError(
                f"HAProxy cannot be asked ({error.strerror or error}); see haproxy.log in {directory}"
            ) from error
        conversation = cls(reader, writer)
        info = (await conversation.ask("prompt", "show info"))[1]
        facts = dict(line.split(": ", 1) for line in info.splitlines() if ": " in line)
        if not PID.fullmatch(facts.get("Pid", "")):
            conversation.close()
            raise ObservationError(
                f"HAProxy answered `show info` with something else: {info.strip()[:200]!r}"
            )
        conversation.pid = int(facts["Pid"])
        conversation.structure = facts.get("description", "")
        return conversation

    @property
    def over(self) -> bool:
        return self._writer.is_closing() or self._reader.at_eof()

    async def ask(self, *commands: str) -> list[str]:
        """The answers to the commands, which are sent in one write. None of them can be held up by another's answer."""
        async with self._turn:
            try:
                self._writer.write("".join(f"{command}\n" for command in commands).encode())
                return await self._answers(len(commands))
            except BaseException as error:
                self.close()  # what is still to come would be taken for the answer to the next question
                if isinstance(error, OSError):
                    raise ObservationError(
                        f"HAProxy ended the conversation ({error}); it is asked anew next time"
                    ) from error
                raise

    def close(self) -> None:
        self._writer.close()

    async def _answers(self, count: int) -> list[str]:
        answer = bytearray()
        while answer.count(PROMPT) < count or not answer.endswith(PROMPT):
            chunk = await self._reader.read(1 << 16)
            answer += chunk
            if not chunk:
                raise ConnectionResetError("it went away")
            if len(answer) > ANSWER_MOST:
                raise ObservationError(
                    f"HAProxy's answer is longer than {ANSWER_MOST} bytes: is this HAProxy?"
                )
        return bytes(answer).decode(errors="replace").split(PROMPT.decode())[:count]


@contextlib.contextmanager
def _near(directory: Path) -> Iterator[str]:
    """A short name of the directory: socket names are limited to 108 bytes, state directories are not."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
