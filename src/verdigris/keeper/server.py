"""Listens on keeper.sock and turns lines into requests and results into lines.

Only this user and root are heard. A line, a client's silence and the number of clients have bounds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import traceback
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from verdigris.keeper import logs
from verdigris.keeper.codec import plain
from verdigris.keeper.ground import WATCHED_MOST, now
from verdigris.keeper.keeper import Keeper
from verdigris.keeper.launch import log_of
from verdigris.keeper.names import INSTANCE
from verdigris.keeper.observed import Event
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
    encode,
    read_request,
)

__all__ = ["Server", "bind"]

CLIENTS_MOST = 64
SILENCE_MOST = 300.0
WRITE_WITHIN = 10.0
LAST_WORD_WITHIN = 1.0
TAIL_MOST = 1000


def bind(state: Path) -> socket.socket:
    """The listening keeper.sock, 0600. The caller holds the lock, so one that is there already is a dead one's."""
    directory = os.open(state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    path = f"/proc/self/fd/{directory}/{SOCKET}"  # the true path may be longer than a socket name can be
    try:
        Path(path).unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(path)
        os.chmod(path, 0o600)
        listener.listen(CLIENTS_MOST)
        return listener
    finally:
        os.close(directory)


class Server:
    """The clients of one keeper."""

    def __init__(self, keeper: Keeper, listener: socket.socket) -> None:
        self.keeper = keeper
        self._listener = listener
        self._clients: set[asyncio.Task[Any]] = set()

    async def serve(self) -> None:
        """Until the keeper's loop ends."""
        self._server = await asyncio.start_unix_server(self._client, sock=self._listener, limit=LINE_MOST)
        try:
            await self.keeper.run()
        finally:
            self._server.close()
            for task in list(self._clients):
                task.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            if complaint := self._unwelcome(writer):
                await _write(writer, _failure(complaint))
                # Closed before its request was read, a client would meet a broken pipe and not our word.
                async with asyncio.timeout(LAST_WORD_WITHIN):
                    await reader.readline()
            else:
                await self._converse(reader, writer)
        except (TimeoutError, ConnectionError, asyncio.CancelledError):
            pass  # the client went, was silent for too long, or the keeper ends: nobody is left to tell
        finally:
            await _hang_up(writer)
            self._clients.discard(task)

    def _unwelcome(self, writer: asyncio.StreamWriter) -> KeeperError | None:
        peer = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        user = struct.unpack("3i", peer)[1]
        if user not in (0, os.geteuid()):
            return KeeperError("refused", f"user {user} may not speak to the keeper of user {os.geteuid()}")
        if len(self._clients) > CLIENTS_MOST:
            return KeeperError("refused", f"{CLIENTS_MOST} clients are connected already; close one")
        return None

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(SILENCE_MOST):
                    line = await reader.readline()
            except ValueError:  # how a StreamReader says that its limit was passed
                await _write(writer, _failure(KeeperError("invalid", f"the line is over {LINE_MOST} bytes")))
                return
            if not line:
                return
            await self._answer(line, reader, writer)

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = read_request(line)
            if isinstance(request, Watch):
                await self._stream(reader, writer)
            else:
                await _write(writer, {"ok": True} | await self._perform(request))
        except KeeperError as error:
            await _write(writer, _failure(error))
        except (ConnectionError, TimeoutError):
            raise
        except Exception:  # a fault of ours: said, logged, and no reason to end
            self.keeper.ground.tell(Event("trouble", now(), sentence=traceback.format_exc()))
            sentence = "the keeper failed at this request; see keeper.log, then observe what runs"
            await _write(writer, _failure(KeeperError("failed", sentence)))

    async def _perform(self, request: Request) -> dict[str, Any]:
        match request:
            case Tail():
                return {"lines": self._tail(request)}
            case Start():
                self.keeper.start(request)
            case StopRequest():
                self.keeper.stop(request)
            case RoleRequest():
                self.keeper.tell_role(request)
            case Hand():
                self.keeper.hand(request)
            case RouterRequest():
                await self.keeper.route(request)
            case Reload():
                await self.keeper.reload(request)
            case Shutdown():
                await self.keeper.shutdown(request)
                self._server.close()  # before the answer: whoever asks for a keeper now shall not find this one
                return {}
            case Observe() | Watch():
                pass  # the look below is the answer
        answer: dict[str, Any] = plain(self.keeper.observe())
        return answer

    def _tail(self, request: Tail) -> list[str]:
        ground = self.keeper.ground
        paths = {"router": self.keeper.router.log, "keeper": ground.state / "keeper.log"}
        named = INSTANCE.fullmatch(request.name) is not None
        path = paths.get(request.name) or (log_of(ground, request.name) if named else None)
        if path is None or not path.exists():
            raise KeeperError(
                "refused", f"there is no log of {request.name[:80]!r}; observe names the instances"
            )
        return logs.tail(path, min(max(request.lines, 1), TAIL_MOST))

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the client goes: that is heard at once, not when there is something to tell it some day."""
        queue: asyncio.Queue[Event] = asyncio.Queue(WATCHED_MOST)
        queue.put_nowait(Event("watching", now()))  # from here on nothing is missed unsaid
        self.keeper.ground.watchers.add(queue)
        try:
            await _write(writer, {"ok": True})
            await _first(_tell(writer, queue), _end_of(reader))
        finally:
            self.keeper.ground.watchers.discard(queue)
        raise ConnectionAbortedError("the watcher went")


def _failure(error: KeeperError) -> dict[str, Any]:
    return {"ok": False, "kind": error.kind, "error": error.sentence}


async def _tell(writer: asyncio.StreamWriter, queue: asyncio.Queue[Event]) -> None:
    while True:
        await _write(writer, plain(await queue.get()))


async def _end_of(reader: asyncio.StreamReader) -> None:
    """What a watcher says is passed over."""
    while await reader.read(LINE_MOST):
        pass


async def _first(*works: Coroutine[Any, Any, None]) -> None:
    """Until one of them is over; the others are ended then. What went wrong in it is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        over, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in over:
        task.result()


async def _write(writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
    writer.write(encode(message))
    async with asyncio.timeout(WRITE_WITHIN):  # `wait_for` of Python 3.11 may forget that the keeper ends
        await writer.drain()


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """What a client does not take in its time is thrown away: no socket is kept for somebody who never reads."""
    writer.close()
    with contextlib.suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(WRITE_WITHIN):
            await writer.wait_closed()
    writer.transport.abort()
