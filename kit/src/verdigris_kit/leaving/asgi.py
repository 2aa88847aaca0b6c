"""Leaving well under ASGI: say so on every answer, end what is open, and only then let the server end."""

import asyncio
import json
import logging
from collections.abc import Awaitable
from typing import Any, Optional

from verdigris_kit.asgi import ASGIApp, Message, Receive, Scope, Send

from .bounds import in_bounds, within_grace
from .signals import Sigterm
from .streams import EventStream, Gone, Stream, WebSocket, is_event_stream
from .window import Window

__all__ = ["Leaving"]

log = logging.getLogger("verdigris_kit.leaving")


class Leaving:
    """ASGI middleware around `app` that counts what is in flight, and ends it well.

    On SIGTERM the process goes on serving for `keep_serving` seconds, so that whoever sends it traffic can notice;
    WebSockets and event streams are ended meanwhile, over `spread` seconds; then the server hears the signal. Where
    `VERDIGRIS_GRACE` says when SIGKILL comes, both end well before. `ready` is the path that says 503 while leaving;
    otherwise the application answers it, or 200 where it has no such page.
    """

    def __init__(
        self, app: ASGIApp, keep_serving: float = 5.0, spread: float = 10.0, ready: str = "/ready"
    ) -> None:
        """Raise `ValueError` for times that are not between 0 and a day."""
        self._app, self._ready = app, ready
        self._keep_serving = in_bounds("keep_serving", keep_serving)
        self._spread = in_bounds("spread", spread)
        self._within_grace = within_grace()
        self._in_flight = {"http": 0, "websocket": 0, "events": 0}
        self._since: Optional[float] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._window: Optional[Window] = None
        self._sigterm = Sigterm(self._heard)
        self._end: Optional[asyncio.Task[None]] = None

    @property
    def leaving(self) -> bool:
        """Whether the process asks to be left alone by new clients."""
        return self._since is not None

    def in_flight(self) -> "dict[str, int]":
        """Return how many requests, WebSockets and event streams are being served now, by kind."""
        return dict(self._in_flight)

    def drain(self, seconds: Optional[float] = None) -> None:
        """Leave without an end: not ready, and open streams ended within `seconds`. In the loop that serves.

        Asked again, the last word counts. Raise `ValueError` for a time that is not between 0 and a day.
        """
        within = self._spread if seconds is None else in_bounds("seconds", seconds)
        self._begin()
        assert self._loop is not None and self._window is not None  # noqa: S101 - _begin has seen to it
        self._since = self._loop.time() if self._since is None else self._since
        self._window.open(within)

    def resume(self) -> bool:
        """Serve as before. False after SIGTERM: from there no way leads back."""
        if self._end is not None:
            return False
        self._since = None
        if self._window is not None:
            self._window.close()
        return True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self.served(scope, receive, send)

    def served(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return what is to be awaited for one connection, without a coroutine around it."""
        kind = scope["type"]
        if self._loop is None or kind == "lifespan":
            self._begin(anew=kind == "lifespan")
        if kind == "http":
            asks = self._ready and path_of(scope) == self._ready
            return (self._say_whether_ready if asks else self._request)(scope, receive, send)
        serve = {"websocket": self._socket, "lifespan": self._lifespan}.get(kind, self._app)
        return serve(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream: Optional[EventStream] = None

        def send_counted(message: Message) -> Awaitable[None]:
            nonlocal stream
            if stream is not None:
                return stream.pass_on(message)
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))  # looked at more than once
                if is_event_stream(headers):
                    stream = self._stream_began(scope, send, headers)
                if self._since is not None and scope.get("http_version", "1.1")[0] == "1":
                    message["headers"] = _closing(headers)
            return send(message)

        self._in_flight["http"] += 1
        try:
            await self._app(scope, receive, send_counted)
        except Gone:
            log.debug("an application sent more into an event stream that had ended")
        finally:
            if stream is None:
                self._in_flight["http"] -= 1
            else:
                self._stream_ended(stream)

    def _stream_began(self, scope: Scope, send: Send, headers: Any) -> EventStream:
        compressed = any(name == b"content-encoding" and value != b"identity" for name, value in headers)
        self._in_flight["http"] -= 1
        stream = EventStream(scope, send, compressed)
        self._take_up(stream)
        return stream

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket: Optional[WebSocket] = None

        async def send_counted(message: Message) -> None:
            nonlocal socket
            if socket is not None:
                return await socket.pass_on(message)
            await send(message)
            if message["type"] == "websocket.accept":
                socket = WebSocket(scope, send)
                self._take_up(socket)

        try:
            await self._app(scope, receive, send_counted)
        except Gone:
            log.debug("an application sent more into a WebSocket that had ended")
        finally:
            if socket is not None:
                self._stream_ended(socket)

    def _take_up(self, stream: Stream) -> None:
        self._in_flight[stream.kind] += 1
        if self._window is not None:
            self._window.began(stream)

    def _stream_ended(self, stream: Stream) -> None:
        self._in_flight[stream.kind] -= 1
        if self._window is not None:
            self._window.ended(stream)

    async def _say_whether_ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._since is not None:
            return await _answer_ready(send, 503)
        missing = False

        async def send_unless_missing(message: Message) -> None:
            nonlocal missing
            if message["type"] == "http.response.start" and message["status"] == 404:
                missing = True
                await _answer_ready(send, 200)
            elif not missing:
                await send(message)

        await self._app(scope, receive, send_unless_missing)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def receive_seen() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self._sigterm.remove()
            return message

        await self._app(scope, receive_seen, send)

    def _begin(self, anew: bool = False) -> None:
        """Hear signals from now on, behind the server: it has its handler before it asks the first thing of us."""
        if self._loop is None or anew:
            self._loop, self._window = asyncio.get_running_loop(), Window()
            self._sigterm.install()

    def _heard(self) -> None:
        if self._loop is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._leave)
            return
        # Nobody serves any more, so there is nothing to be ended well; and this word must not get lost.
        self._sigterm.remove()
        self._sigterm.go_on()

    def _leave(self) -> None:
        log.info("SIGTERM: leaving with %s in flight", self._in_flight)
        self.drain(min(self._spread, self._within_grace))
        self._end = asyncio.get_running_loop().create_task(self._end_when_served())

    async def _end_when_served(self) -> None:
        assert self._loop is not None and self._window is not None and self._since is not None  # noqa: S101
        # Where it was drained before, whoever sends it traffic has had that time already.
        keep_serving = min(self._keep_serving, self._within_grace)
        await asyncio.sleep(max(0.0, keep_serving - (self._loop.time() - self._since)))
        await self._window.emptied()
        self._sigterm.go_on()


def path_of(scope: Scope) -> str:
    """Return the path of a request without the prefix under which a proxy has mounted the application."""
    path: str = scope.get("path", "")
    root: str = scope.get("root_path", "")
    if not root:
        return path
    root = root.rstrip("/")
    return path[len(root) :] if path.startswith(root + "/") else path


def _closing(headers: Any) -> "list[tuple[bytes, bytes]]":
    return [*(header for header in headers if header[0] != b"connection"), (b"connection", b"close")]


async def _answer_ready(send: Send, status: int) -> None:
    body = json.dumps({"ready": status == 200}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    headers = headers if status == 200 else _closing(headers)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
