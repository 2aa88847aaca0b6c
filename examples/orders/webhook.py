"""`order.placed`, told to whoever `WEBHOOK_URL` names: declared, so that two versions can be compared, and signed.

Where `PUBLIC_URL` says what the world knows this API by, it says as well where a payment is to be told.

Told once, after the answer, and a failure is a line in the log. What must not get lost belongs into a table first.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from urllib.parse import urlsplit

from database import PAYMENT, Order
from verdigris_kit.events import Events
from verdigris_kit.guard import Guard
from verdigris_kit.webhooks import Callbacks, Signatures

__all__ = ["Webhook", "events"]

WITHIN = 5.0
PAYMENTS = "/webhooks/payments"

OPEN_MAX = 20
"""Deliveries under way at once; a receiver that stands still costs deliveries, never memory."""

events = Events()
events.declare(
    "order.placed",
    {
        "type": "object",
        "required": ["id", "item", "quantity"],
        "properties": {
            "id": {"type": "integer"},
            "item": {"type": "string"},
            "quantity": {"type": "integer"},
            "made_by": {"type": "string"},
            "callback": {"type": "string"},
        },
    },
)
events.declare(
    PAYMENT,
    {
        "type": "object",
        "required": ["order", "amount"],
        "properties": {"order": {"type": "integer"}, "amount": {"type": "integer"}},
    },
    direction="received",
)


class Webhook:
    """The receiver, or nobody. While rehearsing nothing leaves the process, whoever forgot to ask."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raise `ValueError` for a `WEBHOOK_URL` or `PUBLIC_URL` that is none, and without a good `WEBHOOK_SECRET`."""
        self._url = environ.get("WEBHOOK_URL", "")
        self._callback = _callback(environ)
        self._open: set[asyncio.Task[None]] = set()
        if self._url:
            self._signatures = Signatures(environ.get("WEBHOOK_SECRET", ""))
            Guard(_host(self._url)).install()

    def order_placed(self, order: Order) -> None:
        """Tell it, later: nobody's answer waits for that."""
        if self._url and len(self._open) < OPEN_MAX:
            task = asyncio.create_task(self._tell(order))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def told(self) -> None:
        """Wait for what is under way; each ends within `WITHIN`."""
        await asyncio.gather(*self._open)

    async def _tell(self, order: Order) -> None:
        try:
            # The thread knows as well whether this is a rehearsal: `to_thread` takes the context along.
            await asyncio.to_thread(self._send, order)
        except Exception as error:
            print(f"orders: order.placed {order.id} was not told: {error}", file=sys.stderr, flush=True)

    def _send(self, order: Order) -> None:
        from urllib.request import Request, urlopen  # half of what this process loads, and for few of them

        data = order.document() | ({"callback": self._callback} if self._callback else {})
        body = json.dumps({"type": "order.placed", "data": data}).encode()
        headers = {"Content-Type": "application/json", **self._signatures.headers(f"order_{order.id}", body)}
        urlopen(Request(self._url, body, headers), timeout=WITHIN).close()  # noqa: S310 - `_host` has seen to it


def _callback(environ: Mapping[str, str]) -> str:
    """Where payments are to be told: below the address that stays when slots change, and never below a slot's."""
    base = environ.get("PUBLIC_URL", "")
    here = urlsplit(base).hostname in ("127.0.0.1", "localhost")  # a laptop
    return Callbacks(base, http=here, private=here, environ=environ).url(PAYMENTS) if base else ""


def _host(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"WEBHOOK_URL is {url!r}: write https://host/path.")
    return parts.hostname
