"""`payment.received`, heard from whoever has `PAYMENTS_SECRET`: signed, and each delivery counted once by both slots.

What was handled is noted in the database that both share. A copy that is rehearsed is noted in this process only,
and what it pays is taken back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from database import Invalid, Orders
from exchange import Refused, document_in
from verdigris_kit.asgi import Scope
from verdigris_kit.rehearsal import rehearsing
from verdigris_kit.webhooks import AsyncInbox, AsyncReceiver, Delivery, Signatures, TableStore

__all__ = ["Payments"]

PATIENCE = 5.0
"""Seconds for the lock of the database: the other slot writes to it as well."""


class Payments:
    """The receiver of payments; without a secret nobody is believed, and the rest of the API is as it is."""

    def __init__(self, path: str, environ: Mapping[str, str]) -> None:
        """`path` is the database's file. Raise `ValueError` for a `PAYMENTS_SECRET` that is none."""
        secret = environ.get("PAYMENTS_SECRET")
        self._signatures = Signatures(secret) if secret else None
        self._store = TableStore(lambda: sqlite3.connect(path, timeout=PATIENCE))
        self._inbox = AsyncInbox(self._store, "payments")

    def open(self, orders: Orders) -> None:
        """Make the table of what was handled, and pay these orders from now on."""
        self._store.create()
        self._orders = orders

    async def receive(self, scope: Scope, body: bytes) -> None:
        """Take one delivery; raise `Refused` for what is not to be trusted, or makes no sense."""
        if self._signatures is None:
            raise Refused(503, "no payment is believed here: PAYMENTS_SECRET is not set")
        receiver = AsyncReceiver(self._signatures, self._inbox)
        answer = await receiver.receive(scope["headers"], body, self._pay)
        if answer.status != 204:
            raise Refused(answer.status, json.loads(answer.body)["error"], answer.headers)

    async def _pay(self, delivery: Delivery) -> None:
        try:
            await self._orders.pay(delivery.id, document_in(delivery.body), keep=not rehearsing())
        except Invalid as error:
            raise Refused(422, str(error)) from error
