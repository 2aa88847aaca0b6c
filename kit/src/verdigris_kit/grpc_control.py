"""The control endpoint of a server that speaks gRPC alone: what the controller asks it, once a second.

`server.add_generic_rpc_handlers([control()])`, for servers with threads and of `grpc.aio`. gRPC is imported when it is
called.
"""

import json
from collections.abc import Mapping
from typing import Any, Optional

from .contract import CONTROL_PREFIX, Identity
from .control import admitted, state_of

__all__ = ["control"]


def control(environ: Optional[Mapping[str, str]] = None) -> Any:
    """Return a `grpc.GenericRpcHandler` that answers `/.verdigris/state` for whoever bears the control token.

    One message, the state as JSON. For everybody else there is no such method. It knows nothing of requests in flight.
    """
    import grpc

    identity = Identity.of(environ)

    def state(_: bytes, context: Any) -> bytes:
        shown = [value for name, value in context.invocation_metadata() if name == "authorization"]
        if not admitted(shown[0] if len(shown) == 1 and isinstance(shown[0], str) else "", environ):
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "Method not found!")
        return json.dumps(state_of(environ, identity, leaving=False, in_flight={})).encode()

    handler = grpc.unary_unary_rpc_method_handler(state)
    return grpc.method_handlers_generic_handler(CONTROL_PREFIX.strip("/"), {"state": handler})
