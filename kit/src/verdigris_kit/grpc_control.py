"""The control endpoint of a server that speaks gRPC alone: what the controller asks it, once a second.

`server.add_generic_rpc_handlers([control()])`, for servers with threads and of `grpc.aio`. gRPC is imported when it is
called.
"""

import json
from collections.abc import Mapping
from typing import Any, Optional

from .contract import CONTROL_PREFIX
from .control import Desk

__all__ = ["control"]


def control(environ: Optional[Mapping[str, str]] = None) -> Any:
    """Return a `grpc.GenericRpcHandler` that answers `/.verdigris/state` for whoever bears the control token.

    One message, the state as JSON. For everybody else there is no such method. It knows nothing of requests in flight.
    """
    import grpc

    desk = Desk(_Stays(), None, environ, None)

    def state(_: bytes, context: Any) -> bytes:
        shown = [value for name, value in context.invocation_metadata() if name == "authorization"]
        if not desk.admits(shown[0] if len(shown) == 1 and isinstance(shown[0], str) else ""):
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        return json.dumps(desk.answer("GET", "state", b"").document).encode()

    handler = grpc.unary_unary_rpc_method_handler(state)
    return grpc.method_handlers_generic_handler(CONTROL_PREFIX.strip("/"), {"state": handler})


class _Stays:
    """What is never asked to leave."""

    leaving = False

    def in_flight(self) -> "dict[str, int]":
        return {}

    def drain(self, seconds: Optional[float] = None) -> None:
        raise NotImplementedError

    def resume(self) -> bool:
        raise NotImplementedError
