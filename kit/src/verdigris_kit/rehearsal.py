"""Whether the request at hand is a rehearsal: a copy, mirrored or replayed at a candidate, that nobody waits for.

A request is one when it bears `X-Verdigris-Rehearsal` with the token of the slot's secret, and never otherwise: a
header alone could be a client's who wants his order without the charge. The header is always taken away, so that no
handler trusts it and nothing passes it on.
"""

import contextvars
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from typing import Any, Callable, Optional, TypeVar, Union

from . import counts
from .asgi import ASGIApp, Receive, Scope, Send
from .contract import REHEARSAL_HEADER
from .secret import trusted

__all__ = ["PURPOSE", "Rehearsal", "RehearsalWSGI", "carry", "rehearsal_aiohttp", "rehearsing"]

PURPOSE = "rehearsal"
"""What the token of the slot's secret is for."""

T = TypeVar("T")
Environ = dict[str, Any]
WSGIApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_NAME = REHEARSAL_HEADER.lower().encode()
_KEY = "HTTP_" + REHEARSAL_HEADER.upper().replace("-", "_")
_rehearsing: "contextvars.ContextVar[bool]" = contextvars.ContextVar("verdigris_rehearsing", default=False)


def rehearsing() -> bool:
    """Whether this code runs for a rehearsal: hold back mails, charges and webhooks then.

    Known wherever the context of the request goes: in its tasks, in `asyncio.to_thread`, in the thread pools of
    Starlette and Django. A thread or an executor of your own needs `carry`.
    """
    return _rehearsing.get()


def carry(function: Callable[..., T]) -> Callable[..., T]:
    """Return `function` bound to the context of now, for `run_in_executor`, `submit` and `Thread(target=…)`.

    Each call has a copy of its own, so that one carried function may run in several threads at once.
    """
    context = contextvars.copy_context()

    def carried(*args: Any, **kwargs: Any) -> T:
        return context.copy().run(function, *args, **kwargs)

    return carried


class Rehearsal:
    """ASGI middleware: `rehearsing()` is true inside a request or WebSocket that bears a trusted mark."""

    def __init__(self, app: ASGIApp, environ: Optional[Mapping[str, str]] = None) -> None:
        """`environ` is where the secret's file is named, the variables of the process if it is left out."""
        self._app = app
        self._environ = environ

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self.served(scope, receive, send)

    def served(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Return what is to be awaited for one connection, without a coroutine around what is no rehearsal."""
        shown = [value for name, value in scope.get("headers", ()) if name == _NAME]
        return self._marked(shown, scope, receive, send) if shown else self._app(scope, receive, send)

    async def _marked(self, shown: "list[bytes]", scope: Scope, receive: Receive, send: Send) -> None:
        headers = [header for header in scope["headers"] if header[0] != _NAME]
        unmarked = {**scope, "headers": headers}
        if not _marked(shown, self._environ):
            return await self._app(unmarked, receive, send)
        before = _rehearsing.set(True)
        try:
            await self._app(unmarked, receive, send)
        finally:
            _rehearsing.reset(before)


class RehearsalWSGI:
    """WSGI middleware: the same, for as long as the response is made, its iteration included."""

    def __init__(self, app: WSGIApp, environ: Optional[Mapping[str, str]] = None) -> None:
        """`environ` is where the secret's file is named, the variables of the process if it is left out."""
        self._app = app
        self._environ = environ

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        shown = environ.pop(_KEY, None)
        # A server joins what came twice with commas.
        if shown is None or not _marked(map(str.strip, shown.split(",")), self._environ):
            return self._app(environ, start_response)
        # A context of its own: the thread serves the next request, and that one is no rehearsal.
        context = contextvars.copy_context()
        context.run(_rehearsing.set, True)
        return _Within(context, context.run(self._app, environ, start_response))


class _Within:
    """A response body whose every step is made in one context."""

    def __init__(self, context: contextvars.Context, body: Iterable[bytes]) -> None:
        self._context = context
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        steps = self._context.run(iter, self._body)
        end: Any = object()
        while (step := self._context.run(next, steps, end)) is not end:
            yield step

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            self._context.run(close)


async def rehearsal_aiohttp(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
    """The same as a middleware of aiohttp: `web.Application(middlewares=[rehearsal_aiohttp])`, as the first one.

    True until the handler returns: what a generator given as `body` does later is outside of every middleware.
    """
    shown = request.headers.getall(REHEARSAL_HEADER, ())
    if not shown:
        return await handler(request)
    headers = request.headers.copy()
    headers.popall(REHEARSAL_HEADER)
    request = request.clone(headers=headers)
    before = _rehearsing.set(_marked(shown, None) or _rehearsing.get())
    try:
        return await handler(request)
    finally:
        _rehearsing.reset(before)


# What aiohttp's own decorator would set; with it the decorator, and so aiohttp, need not be there.
rehearsal_aiohttp.__middleware_version__ = 1  # type: ignore[attr-defined]


def _marked(shown: Iterable[Union[str, bytes]], environ: Optional[Mapping[str, str]]) -> bool:
    """Whether one of the values is the token. What is not is counted as `rehearsal.refused`."""
    if any(trusted(PURPOSE, value, environ) for value in shown):
        return True
    counts.add("rehearsal.refused")
    return False
