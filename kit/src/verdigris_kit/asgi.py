"""The version headers as ASGI middleware: who answered stands on every response.

It adds two headers and nothing else: it never reads a body, never swallows an error, and costs a few
microseconds.
"""

from collections.abc import Awaitable, MutableMapping
from typing import Any, Callable, Optional

from .contract import API_VERSION_HEADER, ENVIRONMENT_HEADER, Identity

__all__ = ["ASGIApp", "Message", "Receive", "Scope", "Send", "VersionHeaders"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

# The messages that carry response headers: a plain response, an accepted WebSocket, and a refused one.
STARTS = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
DENIAL = "websocket.http.response"
"""The extension by which a server lets an application answer a handshake that it refuses."""


class VersionHeaders:
    """Set `X-API-Version` and `X-Environment` on every response of `app`, in place of what it set itself.

    An exception before the response began is answered with a plain 500 that bears the headers too, and then
    goes on to the server, which logs it. A WebSocket that is closed before it was accepted is refused with 403, as
    the server would do it, where the server lets an application answer that.
    """

    def __init__(self, app: ASGIApp, identity: Optional[Identity] = None) -> None:
        """Raise `ValueError` when a value could not stand in a header."""
        identity = identity or Identity.of()
        self._app = app
        self._headers = [
            (API_VERSION_HEADER.lower().encode(), identity.api_version.encode()),
            (ENVIRONMENT_HEADER.lower().encode(), identity.environment.encode()),
        ]
        self._names = frozenset(name for name, _ in self._headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        started, names, headers = False, self._names, self._headers

        # No coroutine of its own for each message: whoever sends awaits what the server gives back.
        def send_marked(message: Message) -> Awaitable[None]:
            nonlocal started
            if not started:
                if message["type"] in STARTS:
                    started = True
                    # ASGI promises lower-case names; what is not would only be doubled, never lost.
                    given = message.get("headers", ())
                    message["headers"] = [header for header in given if header[0] not in names] + headers
                elif message["type"] == "websocket.close" and _answers(scope):
                    return _answer(send_marked, _answers(scope), 403, b"Forbidden")
            return send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:
            if not started and _answers(scope):
                await _answer(send_marked, _answers(scope), 500, b"Internal Server Error")
            raise


def _answers(scope: Scope) -> str:
    """The kind of the messages by which this connection can be answered in full, or nothing."""
    if scope["type"] == "http":
        return "http.response"
    return DENIAL if scope["type"] == "websocket" and DENIAL in (scope.get("extensions") or ()) else ""


async def _answer(send: Send, kind: str, status: int, body: bytes) -> None:
    start: dict[str, Any] = {"type": f"{kind}.start", "status": status}
    start["headers"] = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send(start)
    await send({"type": f"{kind}.body", "body": body})
