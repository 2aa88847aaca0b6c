"""A small but real HTTP API: orders in a database that both slots share. Plain ASGI, served by uvicorn.

What makes it ready to be switched is the kit, put together in `make`: version headers, deep health, leaving well, the
controller's questions and rehearsals. `cached`, `sessions`, `webhook`, `payments`, `feed` and `jobs` use the rest.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import parse_qs

import feed
from behaviour import Behaviour, Misbehaving
from cached import orders_cache
from checks import health_of
from database import Invalid, Orders
from exchange import Refused, document_in, respond, whole_body
from jobs import running
from payments import Payments
from sessions import Sessions
from verdigris_kit import Kit, outcome
from verdigris_kit.asgi import Receive, Scope, Send
from verdigris_kit.contract import Identity
from verdigris_kit.rehearsal import rehearsing
from webhook import PAYMENTS, Webhook, events

__all__ = ["Api", "make"]

LONGEST_WAIT_MS = 60_000
KEEP_SERVING = 0.2
"""Seconds after SIGTERM. verdigris takes the traffic away before that. A balancer that only asks for health now and
then does not, and wants the 5 seconds that are the kit's default."""


def make(environ: Mapping[str, str] = os.environ) -> Kit:
    """The application as its release and its variables want it, with the kit around it."""
    path, identity = environ.get("ORDERS_DB", "orders.db"), Identity.of(environ)
    misbehaving = Misbehaving(Behaviour.of(environ, Path(__file__).parent))
    return Kit(
        Api(path, misbehaving, identity, environ),
        health=health_of(path, misbehaving, identity),
        keep_serving=KEEP_SERVING,
        events=events,
        identity=identity,
    )


class Api:
    """The application. It opens its database when the server starts and closes it when the server ends."""

    def __init__(
        self, path: str, misbehaving: Misbehaving, identity: Identity, environ: Mapping[str, str]
    ) -> None:
        """`path` is the database's file."""
        self._path = path
        self._misbehaving = misbehaving
        self._identity = identity
        self._cache = orders_cache(environ)
        self._sessions = Sessions(environ)
        self._webhook = Webhook(environ)
        self._payments = Payments(path, environ)
        self._orders: Orders

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the server's start and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})  # there is none here: a 403

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await self._misbehaving.start()
        try:
            self._orders = Orders(self._path)
            self._payments.open(self._orders)
        except sqlite3.Error as error:
            # Without this word the server would go on without a database. As it is, it ends, and is started again.
            await send({"type": "lifespan.startup.failed", "message": f"{self._path}: {error}"})
            return
        async with running(self._orders, self._identity.slot):
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await self._webhook.told()
        self._orders.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await whole_body(receive)
            if await self._misbehaving.on_traffic():
                raise Refused(500, "this version fails, as it was told to")
            if scope["path"] == feed.PATH:
                return await feed.follow(self._orders, scope, receive, send)
            status, document = await self._route(scope, body)
        except Refused as refused:
            return await respond(send, refused.status, {"error": str(refused)}, refused.headers)
        await respond(send, status, document)

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
        """Take an order, or decline it: both are answered as well as can be, and only `outcome` tells them apart.

        A rehearsal goes all the way, and its order is taken back.
        """
        if self._misbehaving.declines():
            outcome("bad")
            return 200, {"declined": "this version declines more than others"}
        try:
            order = await self._orders.add(
                document_in(body), self._identity.api_version, keep=not rehearsing()
            )
        except Invalid as error:
            raise Refused(422, str(error)) from error
        outcome("good")
        self._webhook.order_placed(order)
        return 201, order.document()

    async def get_order(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """One order."""
        number = scope["path"].rpartition("/")[2]
        if not number.isdecimal() or len(number) >= 19:
            raise Refused(404, f"there is no order {number}")
        return 200, await self._cache.get_or_make(f"order:{int(number)}", lambda: self._look_up(int(number)))

    async def _look_up(self, number: int) -> object:
        order = await self._orders.get(number)
        if order is None:
            raise Refused(404, f"there is no order {number}")
        return order.document()

    async def log_in(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """A session for whoever says a name."""
        return 200, {"token": self._sessions.log_in(document_in(body))}

    async def me(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """Who is asking."""
        return 200, {"user": self._sessions.user(scope)}

    async def take_payment(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """A webhook of whoever collects the money."""
        if scope["path"] != PAYMENTS:
            raise Refused(404, f"there is nothing at {scope['path']}")
        await self._payments.receive(scope, body)
        return 204, None

    async def payments(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """What was paid."""
        number, amount = await self._orders.payments()
        return 200, {"payments": number, "amount": amount}

    async def attach(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """Take a file; it is measured and forgotten."""
        return 201, {"bytes": len(body)}

    async def slow(self, scope: Scope, body: bytes) -> tuple[int, object]:
        """Answer after `?ms=`, as a report or a call to somebody else would."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("ms", ["400"])[0]
        if not (asked.isdecimal() and len(asked) < 6 and int(asked) <= LONGEST_WAIT_MS):
            raise Refused(400, f"ms: a whole number up to {LONGEST_WAIT_MS}")
        await asyncio.sleep(int(asked) / 1000)
        return 200, {"waited_ms": int(asked)}


Handler = Callable[[Api, Scope, bytes], Awaitable[tuple[int, object]]]

ROUTES: dict[tuple[str, int], dict[str, Handler]] = {
    ("", 0): {"GET": Api.root},
    ("orders", 0): {"GET": Api.list_orders, "POST": Api.add_order},
    ("orders", 1): {"GET": Api.get_order},
    ("login", 0): {"POST": Api.log_in},
    ("me", 0): {"GET": Api.me},
    ("webhooks", 1): {"POST": Api.take_payment},
    ("payments", 0): {"GET": Api.payments},
    ("attachments", 0): {"POST": Api.attach},
    ("slow", 0): {"GET": Api.slow},
}
