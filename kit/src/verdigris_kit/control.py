"""What only the controller asks: the state of this process, and to leave without an end or to come back.

Everything below `/.verdigris/` is answered here and never reaches the application. Without the token that the slot's
secret gives for `control` it is all the same 404, as if nothing were there; without a secret it is so for everybody.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Callable, Generic, Optional, Protocol, TypeVar

from . import counts
from .asgi import ASGIApp, Receive, Scope, Send
from .contract import CONTRACT_VERSION, CONTROL_PREFIX, ControlState, Identity
from .leaving.asgi import path_of
from .leaving.bounds import in_bounds
from .role import role
from .secret import trusted
from .wsgi import Environ, StartResponse, WSGIApp

__all__ = ["BODY_MAX", "Control", "ControlWSGI", "Declared", "Drains", "admitted", "state_of"]

BODY_MAX = 4096
"""Bytes of a request. What is larger is refused with 413 before it is read to the end."""

BODY_WITHIN = 10.0
"""Seconds. A body that takes longer is not waited for; under WSGI that is the server's business."""

PURPOSE = "control"
"""What the token of the slot's secret is for."""


class Drains(Protocol):
    """What leaves and comes back: `Leaving` or `LeavingWSGI`."""

    @property
    def leaving(self) -> bool: ...

    def in_flight(self) -> "dict[str, int]": ...

    def drain(self, seconds: Optional[float] = None) -> None: ...

    def resume(self) -> bool: ...


class Declared(Protocol):
    """What knows the payloads of the application's events: `events.Events`."""

    def document(self) -> "dict[str, Any]": ...


@dataclass(frozen=True)
class Reply:
    status: int
    document: object
    allow: str = ""


App = TypeVar("App")

_NOTHING = Reply(404, {"error": "not found"})
_TOO_LARGE = Reply(413, {"error": f"the body is larger than {BODY_MAX} bytes"})


def admitted(authorization: str, environ: Optional[Mapping[str, str]]) -> bool:
    """Whether the header bears the token; what does not is counted as `control.refused`."""
    scheme, _, shown = authorization.partition(" ")
    if scheme.lower() == "bearer" and trusted(PURPOSE, shown.strip(), environ):
        return True
    counts.add("control.refused")
    return False


def state_of(
    environ: Optional[Mapping[str, str]], identity: Identity, leaving: bool, in_flight: "dict[str, int]"
) -> ControlState:
    """The state of this process, with what the parts say that the application uses."""
    instance = (os.environ if environ is None else environ).get("VERDIGRIS_INSTANCE", "")
    state: ControlState = {
        "version": CONTRACT_VERSION,
        "role": role(environ),
        "release": identity.release,
        "slot": identity.slot,
        "instance": instance,
        "leaving": leaving,
        "in_flight": in_flight,
        "counts": counts.read(),
        "grpc": {},
    }
    # Parts that the application does not use are not loaded to say that there is nothing.
    if "verdigris_kit.grpc" in sys.modules:
        state["grpc"] = sys.modules["verdigris_kit.grpc"].read()
        state["grpc_calls"] = sys.modules["verdigris_kit.grpc"].totals()
    if "verdigris_kit.cache.hot" in sys.modules:
        state["hottest"] = sys.modules["verdigris_kit.cache.hot"].hottest()
    return state


class _Desk:
    """The answers, whatever kind of server asks."""

    def __init__(
        self,
        leaving: Drains,
        events: Optional[Declared],
        environ: Optional[Mapping[str, str]],
        identity: Optional[Identity],
    ) -> None:
        self._leaving, self._events, self._environ = leaving, events, environ
        self._identity = identity or Identity.of(environ)
        self._pages: dict[str, tuple[str, Callable[[bytes], Reply]]] = {
            "state": ("GET", lambda _: Reply(200, self._state())),
            "drain": ("POST", self._drain),
            "resume": ("POST", self._resume),
        }
        if events is not None:
            self._pages["events"] = ("GET", lambda _: Reply(200, events.document()))

    def admits(self, authorization: str) -> bool:
        return admitted(authorization, self._environ)

    def answer(self, method: str, page: str, body: bytes) -> Reply:
        """Answer who was admitted."""
        wanted, make = self._pages.get(page, ("", None))
        if make is None:
            return _NOTHING
        if method != wanted:
            return Reply(405, {"error": f"{page} is asked with {wanted}"}, allow=wanted)
        return make(body)

    def _state(self) -> ControlState:
        leaving = self._leaving
        return state_of(self._environ, self._identity, leaving.leaving, leaving.in_flight())

    def _drain(self, body: bytes) -> Reply:
        try:
            seconds = _seconds(body)
        except ValueError as error:
            counts.add("control.malformed")
            return Reply(400, {"error": str(error)})
        self._leaving.drain(seconds)
        return Reply(202, {"leaving": True})

    def _resume(self, body: bytes) -> Reply:
        if self._leaving.resume():
            return Reply(202, {"leaving": False})
        return Reply(409, {"error": "the process was told to end, and leaves. Ask another instance."})


class _Around(Generic[App]):
    """What both kinds of middleware are made with."""

    def __init__(
        self,
        app: App,
        leaving: Drains,
        events: Optional[Declared] = None,
        environ: Optional[Mapping[str, str]] = None,
        identity: Optional[Identity] = None,
    ) -> None:
        """`environ` is where the secret's file and the role's are named, the process's if it is left out."""
        self._app, self._desk = app, _Desk(leaving, events, environ, identity)


class Control(_Around[ASGIApp]):
    """ASGI middleware around `app`. It stands outside of `leaving`, so that it does not count its own requests."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path = path_of(scope) if scope["type"] in ("http", "websocket") else ""
        if not path.startswith(CONTROL_PREFIX):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            counts.add("control.refused")
            await send({"type": "websocket.close", "code": 1008})
        else:
            await _send(send, await self._reply(scope, receive, path[len(CONTROL_PREFIX) :]))

    async def _reply(self, scope: Scope, receive: Receive, page: str) -> Reply:
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        if not self._desk.admits(shown[0].decode("latin-1") if len(shown) == 1 else ""):
            return _NOTHING
        try:
            body = await asyncio.wait_for(_body(receive), BODY_WITHIN)
        except asyncio.TimeoutError:
            return Reply(408, {"error": f"the body did not come within {BODY_WITHIN:g} s"})
        return _TOO_LARGE if body is None else self._desk.answer(scope["method"], page, body)


class ControlWSGI(_Around[WSGIApp]):
    """WSGI middleware around `app`: the same."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        path = environ.get("PATH_INFO", "")
        if not path.startswith(CONTROL_PREFIX):
            return self._app(environ, start_response)
        reply = self._reply(environ, path[len(CONTROL_PREFIX) :])
        body, headers = _written(reply)
        from http import HTTPStatus

        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    def _reply(self, environ: Environ, page: str) -> Reply:
        if not self._desk.admits(environ.get("HTTP_AUTHORIZATION", "")):
            return _NOTHING
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > BODY_MAX:
            return _TOO_LARGE
        return self._desk.answer(environ["REQUEST_METHOD"], page, environ["wsgi.input"].read(int(length)))


def _seconds(body: bytes) -> Optional[float]:
    """The time that a request to drain names, or None where it leaves that to the process."""
    try:
        asked = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise ValueError('the body is no JSON. Send {"seconds": 30}.') from None
    if not isinstance(asked, dict):
        raise ValueError('the body is no object. Send {"seconds": 30}.')
    return in_bounds("seconds", asked["seconds"]) if "seconds" in asked else None


async def _body(receive: Receive) -> Optional[bytes]:
    """The body of a request, or None when it is too large. Only who was admitted gets this far."""
    body: bytes = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_MAX:
            return None
        if not message.get("more_body", False):
            return body


async def _send(send: Send, reply: Reply) -> None:
    body, headers = _written(reply)
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _written(reply: Reply) -> "tuple[bytes, list[tuple[str, str]]]":
    body = json.dumps(reply.document).encode()
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    return body, [*headers, ("Allow", reply.allow)] if reply.allow else headers
