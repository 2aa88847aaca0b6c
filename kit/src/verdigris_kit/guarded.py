"""Where a guard takes hold of each kind of client: at the narrowest place through which every request goes.

`http.client` is patched at `putrequest`, before anything is sent, and only while a guard is installed. httpx and
aiohttp are never patched: they are handed an object.
"""

import http.client
import os
import socket
import tempfile
import threading
import urllib.parse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio

    from .guard import Answer, Guard

__all__ = ["HttpxTransport", "aiohttp_answer", "install", "uninstall"]

ANSWERS_WITHIN = 5.0
"""Seconds for the stand-in of aiohttp, which answers at once unless the loop is blocked."""


class _Seam:
    """The patch of `http.client`, in place while one guard is installed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.guards: tuple[Guard, ...] = ()
        self.beneath: Any = None

    def put(self) -> None:
        if self.beneath is None:
            self.beneath = http.client.HTTPConnection.putrequest
            http.client.HTTPConnection.putrequest = _putrequest  # type: ignore[method-assign]

    def take_out(self) -> None:
        # Somebody else's patch on top of it would be lost; ours asks nobody then and stays.
        if http.client.HTTPConnection.putrequest is _putrequest:
            http.client.HTTPConnection.putrequest = self.beneath  # type: ignore[method-assign]
            self.beneath = None


_seam = _Seam()


def install(guard: "Guard") -> None:
    """Ask `guard` before every request of `http.client`."""
    with _seam.lock:
        _seam.guards = (*(other for other in _seam.guards if other is not guard), guard)
        _seam.put()


def uninstall(guard: "Guard") -> None:
    """Ask it no longer. The patch goes with the last one."""
    with _seam.lock:
        _seam.guards = tuple(other for other in _seam.guards if other is not guard)
        if not _seam.guards:
            _seam.take_out()


def _putrequest(self: http.client.HTTPConnection, method: str, url: str, *args: Any, **kwargs: Any) -> None:
    # Read once: another thread may take the patch out at this moment, and this request was begun with it.
    beneath = _seam.beneath or http.client.HTTPConnection.putrequest
    hosts, path = _target(self, url)
    for guard in _seam.guards:
        if any(guard.holds(method, host, path) for host in hosts):
            _stand_in(self, guard.answer)
            break
    beneath(self, method, url, *args, **kwargs)


def _target(connection: Any, url: str) -> "tuple[list[str], str]":
    """Whom a request may reach, and its path: who the connection leads to, and who a whole URL names.

    Through a proxy the first is the proxy and the second who is meant; but nobody says which of the two answers.
    """
    hosts = [getattr(connection, "_tunnel_host", None) or connection.host]
    if url.startswith("/"):  # also `/pay/https://example.com`, which is a path of ours
        return hosts, url
    try:
        parts = urllib.parse.urlsplit(url if "://" in url else f"//{url}")
    except ValueError:  # no server can tell either whom it names
        return hosts, url
    return [*hosts, *([parts.hostname] if parts.hostname else [])], parts.path


def _stand_in(connection: http.client.HTTPConnection, answer: "Answer") -> None:
    """Let the connection read `answer`; what it sends goes nowhere. It ends with this one request."""
    if connection.sock is not None:
        connection.sock.close()
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(answer.raw)
    connection.sock = _Nowhere(fileno=ours.detach())


class _Nowhere(socket.socket):
    """A real socket, so that clients may ask it for whatever they like, but for sending."""

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Send nothing."""

    def send(self, data: Any, flags: int = 0) -> int:
        """Send nothing, and say that all was sent."""
        return len(data)


class HttpxTransport:
    """A transport that asks `guard`, and hands what it lets through to `inner`; for both of httpx's clients."""

    def __init__(self, guard: "Guard", inner: Any) -> None:
        self._guard = guard
        self._inner = inner

    def handle_request(self, request: Any) -> Any:
        """Answer for `httpx.Client`."""
        return self._held(request) or self._inner.handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        """Answer for `httpx.AsyncClient`."""
        return self._held(request) or await self._inner.handle_async_request(request)

    def __enter__(self) -> "HttpxTransport":
        self._inner.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._inner.__exit__(*error)

    async def __aenter__(self) -> "HttpxTransport":
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self._inner.__aexit__(*error)

    def close(self) -> None:
        """Close the transport beneath."""
        self._inner.close()

    async def aclose(self) -> None:
        """Close the transport beneath."""
        await self._inner.aclose()

    def _held(self, request: Any) -> Any:
        if not self._guard.holds(request.method, request.url.host, request.url.path):
            return None
        import httpx

        answer = self._guard.answer
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)


async def aiohttp_answer(request: Any, answer: "Answer") -> Any:
    """Return a response of aiohttp's own making that says `answer`, read to its end.

    aiohttp has no public way to build one, so it is asked of a server that lives for this one answer.
    """
    import asyncio

    import aiohttp

    async def give(reader: "asyncio.StreamReader", writer: "asyncio.StreamWriter") -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer.raw)
        writer.close()

    timeout = aiohttp.ClientTimeout(total=ANSWERS_WITHIN)
    with tempfile.TemporaryDirectory(prefix="verdigris-") as place:
        path = os.path.join(place, "held")
        async with await asyncio.start_unix_server(give, path):
            connector = aiohttp.UnixConnector(path)
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                response = await session.request(request.method, request.url.with_scheme("http"))
                await response.read()
                return response
