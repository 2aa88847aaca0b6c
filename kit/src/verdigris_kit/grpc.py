"""How often each gRPC method of this process ended with which status: what HTTP's status does not show to a router.

`grpc.server(pool, interceptors=[count()])`, `grpc.aio.server(interceptors=[count_aio()])`. What was counted stands in
the state at the control endpoint. A server that speaks gRPC alone gets that endpoint by
`verdigris_kit.grpc_control`. gRPC is imported when one of these is called.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable

from .contract import CONTROL_PREFIX

__all__ = ["FAILED", "METHODS_MAX", "OTHERS", "count", "count_aio", "read", "totals"]

FAILED = frozenset(
    {
        "UNKNOWN",  # a handler raised
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "DEADLINE_EXCEEDED",  # the user waited for nothing
        "RESOURCE_EXHAUSTED",
        "UNIMPLEMENTED",  # a method that the other release may have
    }
)
"""Statuses that are the server's doing. All others are an answer, as NOT_FOUND is, or what a client did."""

HEALTH = "/grpc.health.v1.Health/"
"""Asked by whoever watches, and by no user."""

METHODS_MAX = 256
"""How many methods are kept apart. Those that come after them are counted together, as `OTHERS`."""

OTHERS = "others"
"""Also for methods that the process does not know: their names are a stranger's."""

_table: "dict[str, dict[str, int]]" = {}
_lock = threading.Lock()


def read() -> "dict[str, dict[str, int]]":
    """What was counted since the process began, a copy: `{"/shop.Orders/Get": {"OK": 17, "INTERNAL": 1}}`."""
    with _lock:
        return {method: dict(statuses) for method, statuses in _table.items()}


def totals() -> "dict[str, int]":
    """How many `calls` there were since the process began, but for health, and how many of them `failed`."""
    calls = failed = 0
    for method, statuses in read().items():
        if not method.startswith(HEALTH):
            calls += sum(statuses.values())
            failed += sum(times for status, times in statuses.items() if status in FAILED)
    return {"calls": calls, "failed": failed}


def count() -> Any:
    """Return a `grpc.ServerInterceptor` that counts every call once, when it ends: streams and cancelled ones too."""
    import grpc

    class Count(grpc.ServerInterceptor):  # type: ignore[misc]
        """Counts calls of a server with threads."""

        def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
            """Serve as before, with a count at the end."""
            handler = continuation(details)
            if handler is None:
                _add(OTHERS, "UNIMPLEMENTED")
                return None
            if details.method.startswith(CONTROL_PREFIX):
                return handler
            return _rewrapped(handler, lambda behaviour: _counted(details.method, behaviour, handler))

    return Count()


def count_aio() -> Any:
    """Return the same for a server of `grpc.aio`."""
    import grpc.aio

    class Count(grpc.aio.ServerInterceptor):  # type: ignore[misc]
        """Counts calls of a server with a loop."""

        async def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
            """Serve as before, with a count at the end."""
            handler = await continuation(details)
            if handler is None:
                _add(OTHERS, "UNIMPLEMENTED")
                return None
            if details.method.startswith(CONTROL_PREFIX):
                return handler
            return _rewrapped(handler, lambda behaviour: _counted_aio(details.method, behaviour, handler))

    return Count()


class _Call:
    """One call, counted once, whoever is the first to know how it ended."""

    def __init__(self, method: str, context: Any) -> None:
        self._method, self._context = method, context
        self._left = [None]

    def returned(self) -> None:
        self._ended(_code(self._context) or "OK")

    def raised(self) -> None:
        # A handler may set a status and then raise; a status of OK is not believed then.
        code = _code(self._context)
        self._ended("UNKNOWN" if code in ("", "OK") else code)

    def cancelled(self, *_: object) -> None:
        self._ended("CANCELLED")

    def _ended(self, status: str) -> None:
        try:
            self._left.pop()
        except IndexError:
            return
        _add(self._method, status)


def _counted(method: str, behaviour: Callable[..., Any], handler: Any) -> Callable[..., Any]:
    def unary(request: Any, context: Any) -> Any:
        call = _begun(method, context)
        try:
            response = behaviour(request, context)
        except Exception:
            call.raised()
            raise
        call.returned()
        return response

    def stream(request: Any, context: Any) -> Iterator[Any]:
        call = _begun(method, context)
        return _streamed(behaviour, request, context, call)

    return stream if handler.response_streaming else unary


def _begun(method: str, context: Any) -> _Call:
    call = _Call(method, context)
    # Called at the end of every call: one that nobody has counted by then was called off while it ran.
    if not context.add_callback(call.cancelled):
        call.cancelled()
    return call


def _streamed(behaviour: Callable[..., Any], request: Any, context: Any, call: _Call) -> Iterator[Any]:
    try:
        yield from behaviour(request, context)
    except Exception:
        call.raised()
        raise
    call.returned()


def _counted_aio(method: str, behaviour: Callable[..., Any], handler: Any) -> Callable[..., Any]:
    import inspect

    async def awaited(request: Any, context: Any) -> Any:
        call = _Call(method, context)
        try:
            response = await behaviour(request, context)
        except asyncio.CancelledError:
            call.cancelled()
            raise
        except Exception:
            call.raised()
            raise
        call.returned()
        return response

    async def stream(request: Any, context: Any) -> AsyncIterator[Any]:
        call = _Call(method, context)
        try:
            async for response in behaviour(request, context):
                yield response
        except (asyncio.CancelledError, GeneratorExit):
            call.cancelled()
            raise
        except Exception:
            call.raised()
            raise
        call.returned()

    # A handler of grpc.aio may be a generator, or a coroutine that writes; a plain function runs in a thread pool.
    if inspect.isasyncgenfunction(behaviour):
        return stream
    if inspect.iscoroutinefunction(behaviour):
        return awaited
    return _counted(method, behaviour, handler)


def _rewrapped(handler: Any, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Any:
    """The same handler around another behaviour."""
    import grpc

    kind = f"{_arity(handler.request_streaming)}_{_arity(handler.response_streaming)}"
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(wrap(getattr(handler, kind)), handler.request_deserializer, handler.response_serializer)


def _arity(streaming: bool) -> str:
    return "stream" if streaming else "unary"


def _code(context: Any) -> str:
    """The name of the status that a context holds, or nothing; gRPC keeps it as itself or as a number."""
    import grpc

    code = context.code()
    if not isinstance(code, int):
        return getattr(code, "name", "")
    return next((status.name for status in grpc.StatusCode if status.value[0] == code), "UNKNOWN")


def _add(method: str, status: str) -> None:
    with _lock:
        if method not in _table and len(_table) >= METHODS_MAX:
            method = OTHERS
        statuses = _table.setdefault(method, {})
        statuses[status] = statuses.get(status, 0) + 1
