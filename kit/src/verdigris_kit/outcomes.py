"""What a request came to for its user, said on the response: an order that is declined is answered 200 like any other.

`outcome("good")` or `outcome("bad")` anywhere in a request, before its response begins. The router of verdigris counts
it for the release that answered, and takes the header away: no client sees it. A rehearsal says nothing, nobody got
anything from it.
"""

import contextvars
from collections.abc import Awaitable, Iterable
from typing import Any, Callable

from . import counts
from .asgi import STARTS, ASGIApp, Message, Receive, Scope, Send
from .contract import OUTCOME_HEADER
from .rehearsal import rehearsing
from .wsgi import Environ, StartResponse, WSGIApp

__all__ = ["Outcomes", "OutcomesWSGI", "outcome", "outcomes_aiohttp"]

WORDS = ("good", "bad")

_NAME = OUTCOME_HEADER.lower()
_RAW = _NAME.encode()
# A list, so that tasks and threads with a copy of the context say it to the same request.
_said: "contextvars.ContextVar[list[str] | None]" = contextvars.ContextVar("verdigris_outcome", default=None)


def outcome(word: str) -> None:
    """Say that this request came to something `good` or `bad` for its user; the last word counts.

    Known wherever the context of the request goes, like `rehearsing`. Outside of a request, or when its response has
    begun, nobody hears it, and it is counted as `outcome.unheard`. Raise `ValueError` for another word.
    """
    if word not in WORDS:
        raise ValueError(f"the outcome is {word!r}: say good or bad.")
    if rehearsing():
        return
    said = _said.get()
    if said is None or None in said:
        counts.add("outcome.unheard")
    else:
        said[:] = [word]


def _end(said: "list[Any]") -> "list[str]":
    """What was said; from now on nobody hears any more."""
    words = list(said)
    said[:] = [None]
    return words


class Outcomes:
    """ASGI middleware: puts what `outcome` says on the response, in place of what the application set itself."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        said: list[str] = []

        def send_marked(message: Message) -> Awaitable[None]:
            if message["type"] in STARTS:
                words = _end(said)
                if words:
                    given = message.get("headers", ())
                    kept = [header for header in given if header[0] != _RAW]
                    message["headers"] = [*kept, (_RAW, words[0].encode())]
            return send(message)

        before = _said.set(said)
        try:
            await self._app(scope, receive, send_marked)
        finally:
            _said.reset(before)


class OutcomesWSGI:
    """WSGI middleware: the same while the application is called. In a body that is a generator nobody hears it."""

    def __init__(self, app: WSGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        said: list[str] = []

        def start_marked(status: str, given: "list[tuple[str, str]]", *exc_info: Any) -> Any:
            words = _end(said)
            if words:
                given = [
                    *(header for header in given if header[0].lower() != _NAME),
                    (OUTCOME_HEADER, words[0]),
                ]
            return start_response(status, given, *exc_info)

        before = _said.set(said)
        try:
            return self._app(environ, start_marked)
        finally:
            _said.reset(before)


async def outcomes_aiohttp(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
    """The same as a middleware of aiohttp: `web.Application(middlewares=[outcomes_aiohttp])`.

    A response that the handler has begun itself bears nothing more.
    """
    said: list[str] = []
    before = _said.set(said)
    try:
        response = await handler(request)
    except Exception as raised:
        # aiohttp's answers may be raised, and have headers like any other.
        _mark(raised, said)
        raise
    finally:
        _said.reset(before)
    _mark(response, said)
    return response


# What aiohttp's own decorator would set; with it the decorator, and so aiohttp, need not be there.
outcomes_aiohttp.__middleware_version__ = 1  # type: ignore[attr-defined]


def _mark(response: Any, said: "list[str]") -> None:
    words = _end(said)
    if not words:
        return
    if getattr(response, "prepared", True) or not hasattr(response, "headers"):
        counts.add("outcome.unheard")
    else:
        response.headers[OUTCOME_HEADER] = words[0]
