"""New orders as an event stream, at `/events`, from both slots: they share the database, and each looks into it.

An event has the number of its order as id. A client that comes back says in `Last-Event-ID` what it saw last, as
browsers do by themselves, and misses nothing. Ending the stream behind a whole event is the kit's business.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from database import Order, Orders
from exchange import Refused
from verdigris_kit.asgi import Receive, Scope, Send

__all__ = ["PATH", "follow"]

PATH = "/events"
LOOKS_EVERY = 0.25
"""Seconds between two looks at the database, for each stream."""

SAYS_EVERY = 10.0
"""Seconds after which something is said when there is no news, so that nobody between takes the stream for dead."""

HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]


async def follow(orders: Orders, scope: Scope, receive: Receive, send: Send) -> None:
    """Send every order from now on, or behind `Last-Event-ID`, until the client goes or the stream is ended."""
    if scope["method"] != "GET":
        raise Refused(405, f"{PATH} knows GET, not {scope['method']}")
    last = _last(scope)
    last = await orders.count() if last is None else last
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await _say(send, "retry: 1000")
    over = asyncio.create_task(_until_over(receive))
    try:
        async for news in _news(orders, last, over):
            await _say(send, news)
    finally:
        over.cancel()


async def _news(orders: Orders, last: int, over: asyncio.Task[None]) -> AsyncIterator[str]:
    silent = 0.0
    while not over.done():
        found = await orders.after(last)
        for order in found:
            yield _event(order)
            last = order.id
        silent = 0.0 if found else silent + LOOKS_EVERY
        if silent >= SAYS_EVERY:
            yield ": nothing new"
            silent = 0.0
        await asyncio.wait([over], timeout=LOOKS_EVERY)


async def _until_over(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        """The body of a GET is of no interest."""


async def _say(send: Send, text: str) -> None:
    await send({"type": "http.response.body", "body": f"{text}\n\n".encode(), "more_body": True})


def _event(order: Order) -> str:
    return f"id: {order.id}\nevent: order.placed\ndata: {json.dumps(order.document())}"


def _last(scope: Scope) -> int | None:
    said = next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"last-event-id"), None
    )
    if said is None:
        return None
    if not said.isdecimal() or len(said) >= 19:
        raise Refused(400, "Last-Event-ID: the number of an order")
    return int(said)
