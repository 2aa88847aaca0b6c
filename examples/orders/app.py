"""A small but real HTTP API: orders in a database that both slots share. Plain ASGI, served by uvicorn.

What makes it ready to be switched: deep health at /health, the version headers that `make` puts around it,
and a server that finishes what is in flight when it is told to go.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

from behaviour import Behaviour, Misbehaving
from database import Invalid, Orders
from verdigris_kit import Health, VersionHeaders
from verdigris_kit.asgi import Receive, Scope, Send
from verdigris_kit.contract import Identity

__all__ = ["Api", "make"]

LARGEST_BODY = 1024 * 1024
LONGEST_WAIT_MS = 60_000


class Refused(Exception):
    """A request that cannot be served, with its status and a sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        """The sentence is what the client reads."""
        super().__init__(sentence)
        self.status = status


class Api:
    """The application. It opens its database when the server starts and closes it when the server ends."""

    def __init__(self, path: str, misbehaving: Misbehaving, identity: Identity) -> None:
        """`path` is the database's file."""
        self._path = path
        self._misbehaving = misbehaving
        self._identity = identity
        self._health = Health({"database": self._database_answers}, identity=identity)
        self._orders: Orders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the server's start and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/health":
            await self._health(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _database_answers(self) -> bool:
        return self._misbehaving.healthy() and await self._orders.reachable()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._misbehaving.start()
        try:
            self._orders = Orders(self._path)
        except sqlite3.Error as error:
            # Without this word the server would go on without a database. As it is, it ends, and is started again.
            await send({"type": "lifespan.startup.failed", "message": f"{self._path}: {error}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._orders.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _whole_body(receive)
            if await self._misbehaving.on_traffic():
                raise Refused(500, "this version fails, as it was told to")
            status, document = await self._route(scope, body)
        except Refused as refused:
            status, document = refused.status, {"error": str(refused)}
        await _respond(send, status, document)

    async def _route(self, scope: Scope, body: bytes) -> tuple[int, object]:
        method, (room, *rest) = scope["method"], scope["path"].lstrip("/").split("/")
        handlers = ROUTES.get((room, len(rest)))
        if handlers is None:
            raise Refused(404, f"there is nothing at {scope['path']}")
        handler = handlers.get(method)
        if handler is None:
            raise Refused(405, f"{scope['path']} knows {', '.join(handlers)}, not {method}")
        return await handler(self, scope, body)

    async def root(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """Who is answering."""
        return 200, {"name": "orders", "version": self._identity.api_version}

    async def list_orders(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """The newest orders."""
        return 200, {"orders": [order.document() for order in await self._orders.newest()]}

    async def add_order(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """Take an order."""
        try:
            order = await self._orders.add(json.loads(body), self._identity.api_version)
        except json.JSONDecodeError as error:
            raise Refused(400, f"the body is not JSON: {error}") from error
        except Invalid as error:
            raise Refused(422, str(error)) from error
        return 201, order.document()

    async def get_order(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """One order."""
        number = scope["path"].rpartition("/")[2]
        order = await self._orders.get(int(number)) if number.isdecimal() and len(number) < 19 else None
        if order is None:
            raise Refused(404, f"there is no order {number}")
        return 200, order.document()

    async def attach(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """Take a file; it is measured and forgotten."""
        return 201, {"bytes": len(body)}

    async def slow(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """Answer after `?ms=`, as a report or a call to somebody else would."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("ms", ["400"])[0]
        if not asked.isdecimal() or int(asked) > LONGEST_WAIT_MS:
            raise Refused(400, f"ms: a whole number up to {LONGEST_WAIT_MS}")
        await asyncio.sleep(int(asked) / 1000)
        return 200, {"waited_ms": int(asked)}


Handler = Callable[[Api, Scope, bytes], Awaitable[tuple[int, object]]]

ROUTES: dict[tuple[str, int], dict[str, Handler]] = {
    ("", 0): {"GET": Api.root},
    ("orders", 0): {"GET": Api.list_orders, "POST": Api.add_order},
    ("orders", 1): {"GET": Api.get_order},
    ("attachments", 0): {"POST": Api.attach},
    ("slow", 0): {"GET": Api.slow},
}


async def _whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the client went before its request was whole")
        body, more = body + message.get("body", b""), message.get("more_body", False)
        if len(body) > LARGEST_BODY:
            raise Refused(413, f"a body has at most {LARGEST_BODY} bytes")
    return body


async def _respond(send: Send, status: int, document: object) -> None:
    body = json.dumps(document).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def make(environ: Mapping[str, str] = os.environ) -> VersionHeaders:
    """The application as its release and its variables want it."""
    behaviour = Behaviour.of(environ, Path(__file__).parent)
    api = Api(environ.get("ORDERS_DB", "orders.db"), Misbehaving(behaviour), Identity.of(environ))
    return VersionHeaders(api, Identity.of(environ))
