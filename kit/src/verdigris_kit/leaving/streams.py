"""What stays open until somebody ends it, and how each kind is ended so that its client knows: come back, all is well.

It never cuts: a WebSocket gets a close frame, an event stream ends behind a whole event.
"""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any, Union

from verdigris_kit.asgi import Message, Send

__all__ = ["RESTART", "EventStream", "Gone", "Stream", "WebSocket", "is_event_stream", "whole"]

RESTART = 1012
"""The close code "service restart", registered for WebSockets: a client may come back, best after a random moment."""


class Gone(OSError):
    """What `send` raises after the stream has ended, as ASGI has it since version 2.4 of its protocol."""


class WebSocket:
    """An accepted WebSocket."""

    kind = "websocket"

    def __init__(self, scope: Mapping[str, Any], send: Send) -> None:
        self._send, self._raises = send, _raises(scope)
        self.over = False

    async def pass_on(self, message: Message) -> None:
        """Send what the application sends, as long as there is somebody to send it to."""
        if self.over:
            return _too_late(self._raises)
        self.over = message["type"] == "websocket.close"
        await self._send(message)

    async def end(self) -> None:
        """Close with 1012. The server tells the application by a `websocket.disconnect`, as of any end."""
        if not self.over:
            self.over = True
            with contextlib.suppress(OSError):  # the client was quicker
                await self._send({"type": "websocket.close", "code": RESTART, "reason": "service restart"})


class EventStream:
    """A response of server-sent events that has begun."""

    kind = "events"

    def __init__(self, scope: Mapping[str, Any], send: Send, compressed: bool = False) -> None:
        # What is compressed shows no borders; each part of it is taken for whole, as the compressor flushed it.
        self._send, self._raises, self._compressed = send, _raises(scope), compressed
        self._tail = b""
        self._sending = self._due = False
        self.over = False

    async def pass_on(self, message: Message) -> None:
        """Send what the application sends; end behind it, if that was asked for and an event is whole."""
        if self.over:
            return _too_late(self._raises)
        self._sending = True
        try:
            await self._send(message)
        finally:
            self._sending = False
        if message["type"] == "http.response.body":
            self.over = not message.get("more_body", False)
            self._tail = (self._tail + bytes(message.get("body", b"")[-4:]))[-4:]
        await self._end_if_due()

    async def end(self) -> None:
        """End at once between two events, or else behind the one that is being sent."""
        self._due = True
        await self._end_if_due()

    async def _end_if_due(self) -> None:
        if self.over or self._sending or not self._due or not (self._compressed or whole(self._tail)):
            return
        self.over = True
        with contextlib.suppress(OSError):  # the client was quicker
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


Stream = Union[WebSocket, EventStream]


def whole(tail: bytes) -> bool:
    """Whether a stream with these last four bytes is between two events: nothing was sent yet, or a blank line."""
    return not tail or tail.replace(b"\r\n", b"\n").replace(b"\r", b"\n").endswith(b"\n\n")


def is_event_stream(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a response with these headers is one of server-sent events."""
    for name, value in headers:
        if name == b"content-type":
            return value[:17].lower() == b"text/event-stream"
    return False


def _raises(scope: Mapping[str, Any]) -> bool:
    version = str(scope.get("asgi", {}).get("spec_version", "2.0"))
    return [int(part) for part in version.split(".") if part.isdigit()] >= [2, 4]


def _too_late(raises: bool) -> None:
    if raises:
        raise Gone(
            "this stream has ended: the process leaves, and its client was asked to come back elsewhere"
        )
