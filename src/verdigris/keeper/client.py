"""Speaks to a keeper: asynchronously for the controller, with one blocking question for the command line.

Light to import: asyncio, subprocess and the readers of answers come in where they are used. Every question
has a timeout; what goes wrong is a KeeperError.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verdigris.keeper.protocol import (
    LINE_MOST,
    SOCKET,
    Hand,
    KeeperError,
    Observe,
    Reload,
    Request,
    RoleRequest,
    RouterRequest,
    Shutdown,
    Start,
    StopRequest,
    Tail,
    Watch,
    decode,
    request_line,
)

if TYPE_CHECKING:
    from asyncio import StreamReader

    from verdigris.keeper.observed import Event, Observed

__all__ = ["KeeperClient", "KeeperError", "ask", "observe", "start_keeper"]

ANSWER_MOST = 16 * LINE_MOST
ANOTHER = 3


def start_keeper(state: Path, arguments: Sequence[str] = (), timeout: float = 15.0) -> None:
    """A keeper answers when this returns: the one that runs, or one started in the background.

    Safe to call by two at once, and while an earlier keeper is just ending. KeeperError says why there is none.
    `arguments` are further options of the keeper.
    """
    until = time.monotonic() + timeout
    while True:
        try:
            ask(state, Observe(), timeout)
            return
        except KeeperError as error:
            if error.kind != "unreachable" or time.monotonic() > until:
                raise
        _launch(state, arguments, timeout)


def _launch(state: Path, arguments: Sequence[str], timeout: float) -> None:
    """Start one that detaches itself; the lock decides when another is starting or ending just now."""
    import subprocess

    command = [
        sys.executable,
        "-m",
        "verdigris.keeper",
        "--state",
        str(state.absolute()),
        "--detach",
        *arguments,
    ]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_slow(state, timeout) from None
    if done.returncode not in (0, ANOTHER):
        why = done.stderr.strip() or "see keeper.log there"
        raise KeeperError("failed", f"the keeper of {state} did not start: {why}")


def ask(state: Path, request: Request, timeout: float) -> dict[str, Any]:
    """The keeper's answer as it stands in the protocol. KeeperError `unreachable` when no keeper listens."""
    until = time.monotonic() + timeout
    with _place(state) as place, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conversation:
        conversation.settimeout(timeout)
        try:
            conversation.connect(place)
            # A keeper that has clients enough says so and closes before it reads: its word is there all the same.
            with contextlib.suppress(BrokenPipeError):
                conversation.sendall(request_line(request))
            return _result(_read_line(conversation, until))
        except TimeoutError:
            raise _too_slow(state, timeout) from None
        except OSError as error:
            raise _unreachable(state, error) from None


def _read_line(conversation: socket.socket, until: float) -> bytes:
    parts: list[bytes] = []
    while not (parts and parts[-1].endswith(b"\n")):
        conversation.settimeout(max(until - time.monotonic(), 0.001))
        part = conversation.recv(1 << 16)
        if not part or len(parts) * (1 << 16) > ANSWER_MOST:
            raise ConnectionError("the conversation was cut")
        parts.append(part)
    return b"".join(parts)


def observe(state: Path, timeout: float) -> Observed:
    """What the keeper sees, asked without an event loop."""
    return _seen(state, ask(state, Observe(), timeout))


def _seen(state: Path, answer: dict[str, Any]) -> Observed:
    """What the answer says; KeeperError `failed` when the keeper is of another version."""
    from verdigris.keeper.codec import build
    from verdigris.keeper.observed import Observed

    try:
        return build(Observed, answer, "answer")
    except ValueError as error:
        raise KeeperError(
            "failed",
            f"the keeper of {state} is of another version ({error}); `kill` it, what runs goes on running",
        ) from None


class KeeperClient:
    """The keeper of one state directory. Nothing is connected until something is asked."""

    def __init__(self, state: Path) -> None:
        self.state = state

    async def observe(self, timeout: float = 5.0) -> Observed:
        return await self._look(Observe(), timeout)

    async def start(self, request: Start, timeout: float = 10.0) -> Observed:
        return await self._look(request, timeout)

    async def stop(self, request: StopRequest, timeout: float = 10.0) -> Observed:
        return await self._look(request, timeout)

    async def role(self, request: RoleRequest, timeout: float = 5.0) -> Observed:
        return await self._look(request, timeout)

    async def router(self, request: RouterRequest, timeout: float = 15.0) -> Observed:
        return await self._look(request, timeout)

    async def reload(self, request: Reload, timeout: float = 15.0) -> Observed:
        return await self._look(request, timeout)

    async def hand(self, secrets: dict[str, str], realm: str, timeout: float = 5.0) -> Observed:
        return await self._look(Hand(secrets, realm), timeout)

    async def tail(self, name: str, lines: int = 20, timeout: float = 5.0) -> list[str]:
        answer = await self._ask(Tail(name, lines), timeout)
        return list(answer["lines"])

    async def shutdown(self, request: Shutdown, timeout: float = 60.0) -> None:
        await self._ask(request, timeout)

    async def watch(self, timeout: float = 5.0) -> AsyncGenerator[Event, None]:
        """Events as they happen, without an end. `timeout` is for the beginning. Close it with `aclose`."""
        import asyncio

        from verdigris.keeper.codec import build
        from verdigris.keeper.observed import Event

        async with self._conversation(Watch(), timeout) as reader:
            async with asyncio.timeout(timeout):
                _result(await reader.readline())
            while line := await reader.readline():
                yield build(Event, decode(line), "event")
        raise KeeperError("unreachable", f"the keeper of {self.state} ended the conversation; observe again")

    async def _look(self, request: Request, timeout: float) -> Observed:
        return _seen(self.state, await self._ask(request, timeout))

    async def _ask(self, request: Request, timeout: float) -> dict[str, Any]:
        import asyncio

        try:
            async with asyncio.timeout(timeout), self._conversation(request, timeout) as reader:
                return _result(await reader.readline())
        except TimeoutError:
            raise _too_slow(self.state, timeout) from None
        except (OSError, ValueError) as error:
            raise _unreachable(self.state, error) from None

    @contextlib.asynccontextmanager
    async def _conversation(self, request: Request, timeout: float) -> AsyncIterator[StreamReader]:
        """Connected, with the request sent."""
        import asyncio

        try:
            with _place(self.state) as place:
                # Not `wait_for`: before Python 3.12 it forgets a cancellation that comes with the result.
                async with asyncio.timeout(timeout):
                    reader, writer = await asyncio.open_unix_connection(place, limit=ANSWER_MOST)
        except TimeoutError:
            raise _too_slow(self.state, timeout) from None
        except OSError as error:
            raise _unreachable(self.state, error) from None
        try:
            writer.write(request_line(request))
            yield reader
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@contextlib.contextmanager
def _place(state: Path) -> Iterator[str]:
    """A short name of the socket: the true path may be longer than a socket name can be."""
    try:
        directory = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unreachable(state, error) from None
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET}"
    finally:
        os.close(directory)


def _result(line: bytes) -> dict[str, Any]:
    if not line.endswith(b"\n"):
        raise ConnectionError("the conversation was cut")
    answer = decode(line)
    if answer.pop("ok", False):
        return answer
    raise KeeperError(
        str(answer.get("kind", "failed")), str(answer.get("error", "the keeper gave no reason"))
    )


def _too_slow(state: Path, timeout: float) -> KeeperError:
    return KeeperError(
        "timeout", f"the keeper of {state} did not answer within {timeout:g} s; see keeper.log there"
    )


def _unreachable(state: Path, error: Exception) -> KeeperError:
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return KeeperError("unreachable", f"no keeper answers in {state} ({why}); `verdigris up` starts one")
