"""Somebody who places one order after the other, and remembers each that was taken: none may be lost or altered."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
from dataclasses import dataclass
from typing import Any

from tests.waiting import eventually_sync

__all__ = ["Accepted", "Order"]

PATIENCE = 300.0
PACE = 0.1
"""Seconds between two orders: more would only keep others from their work."""


@dataclass(frozen=True)
class Order:
    """What was sent, and the version that took it."""

    amount: int
    version: str


class Accepted:
    """For as long as the block lasts. `orders` are those that were answered 201, by their numbers; `failed` the rest.

    `path` and `field` are where an order goes, and what its amount is called there.
    """

    def __init__(self, port: int, path: str = "/orders", field: str = "amount", item: str = "tea") -> None:
        """Nothing is sent before the block begins."""
        self.orders: dict[int, Order] = {}
        self.failed: list[str] = []
        self._port, self._path, self._field, self._item = port, path, field, item
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> Accepted:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE)

    def some_more(self, version: str, number: int = 10) -> None:
        """Wait until that version has taken so many more, or one has failed."""
        wanted = self.taken(version) + number
        what = f"{number} orders more of {version}"
        eventually_sync(lambda: self.failed or self.taken(version) >= wanted, what, PATIENCE)
        assert [] == self.failed

    def taken(self, version: str) -> int:
        """How many that version took."""
        return sum(order.version == version for order in list(self.orders.values()))

    def amounts(self) -> dict[int, int]:
        """What has to be there."""
        return {number: order.amount for number, order in self.orders.items()}

    def _go_on(self) -> None:
        for amount in itertools.count(1):
            if self._over.wait(PACE):
                return
            try:
                self._place(amount)
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self.failed.append(f"{amount}: {error!r}")

    def _place(self, amount: int) -> None:
        # A connection for each, so that none is closed by the other side in the moment in which it is used again.
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            body: dict[str, Any] = {"item": self._item, self._field: amount}
            headers = {"Content-Type": "application/json"}
            connection.request("POST", self._path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            if answer.status != 201:
                raise ValueError(f"{answer.status}: {said}")
            self.orders[said["id"]] = Order(amount, answer.headers["X-API-Version"])
        finally:
            connection.close()
