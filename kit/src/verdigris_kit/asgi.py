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


class VersionHeaders:
    """Set `X-API-Version` and `X-Environment` on every response of `app`, in place of what it set itself.

    An exception before the response began is answered with a plain 500 that bears the headers too, and then
    goes on to the server, which logs it.
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
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message["type"] in STARTS:
                started = True
                message["headers"] = self._marked(message.get("headers", ()))
            await send(message)

        try:
            await self._app(scope, receive, send_marked)
        except Exception:
            if scope["type"] == "http" and not started:
                await _answer_500(send_marked)
            raise

    def _marked(self, headers: Any) -> Any:
        # ASGI promises lower-case names; what is not would only be doubled, never lost.
        return [header for header in headers if header[0] not in self._names] + self._headers


async def _answer_500(send: Send) -> None:
    body = b"Internal Server Error"
    start: dict[str, Any] = {"type": "http.response.start", "status": 500}
    start["headers"] = [(b"content-type", b"text/plain"), (b"content-length", str(len(body)).encode())]
    await send(start)
    await send({"type": "http.response.body", "body": body})
