"""Orders in a SQLite file that both slots share: what a database is to a larger application.

Nothing here knows of HTTP. One connection in one thread, so that the event loop never waits for the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import TypeVar

__all__ = ["Invalid", "Order", "Orders"]

T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    made_by TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS payments (
    delivery TEXT NOT NULL,
    order_id INTEGER NOT NULL REFERENCES orders (id),
    amount INTEGER NOT NULL
);
"""
PAGE = 20
NEWS_PAGE = 500
"""So many orders are read at once on behalf of those who follow them."""

PAYMENT = "payment.received"


class Invalid(ValueError):
    """What was sent is no order, or no payment; the text says what would be one."""


@dataclass(frozen=True)
class Order:
    """What somebody wants. `made_by` is the version of the API that took it."""

    id: int
    item: str
    quantity: int
    made_by: str

    def document(self) -> dict[str, object]:
        """The order as the API shows it."""
        return asdict(self)


class Orders:
    """The orders in the file at `path`."""

    def __init__(self, path: str) -> None:
        """Open the file, and make it and its table where they do not exist yet."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="orders")
        self._database = self._thread.submit(_open, path).result()

    async def add(self, document: object, made_by: str, *, keep: bool = True) -> Order:
        """Take an order; raise `Invalid` when `document` is none. Without `keep` it is taken back at once."""
        item, quantity = _read(document)
        insert = "INSERT INTO orders (item, quantity, made_by) VALUES (?, ?, ?)"
        number = await self._ask(lambda db: _insert(db, insert, (item, quantity, made_by), keep))
        return Order(number, item, quantity, made_by)

    async def get(self, number: int) -> Order | None:
        """The order of that number."""
        select = "SELECT id, item, quantity, made_by FROM orders WHERE id = ?"
        row = await self._ask(lambda db: db.execute(select, (number,)).fetchone())
        return Order(*row) if row else None

    async def newest(self) -> list[Order]:
        """The last few orders, newest first."""
        select = "SELECT id, item, quantity, made_by FROM orders ORDER BY id DESC LIMIT ?"
        rows = await self._ask(lambda db: db.execute(select, (PAGE,)).fetchall())
        return [Order(*row) for row in rows]

    async def after(self, number: int) -> list[Order]:
        """The orders that came after the one of that number, in their order, `NEWS_PAGE` at most."""
        select = "SELECT id, item, quantity, made_by FROM orders WHERE id > ? ORDER BY id LIMIT ?"
        rows = await self._ask(lambda db: db.execute(select, (number, NEWS_PAGE)).fetchall())
        return [Order(*row) for row in rows]

    async def pay(self, delivery: str, document: object, *, keep: bool = True) -> None:
        """Note a payment; raise `Invalid` for what is none, or of no order. Without `keep` it is taken back."""
        number, amount = _read_payment(document)
        if await self.get(number) is None:
            raise Invalid(f"order: there is no order {number}")
        insert = "INSERT INTO payments (delivery, order_id, amount) VALUES (?, ?, ?)"
        await self._ask(lambda db: _insert(db, insert, (delivery, number, amount), keep))

    async def payments(self) -> tuple[int, int]:
        """How many there were, and their sum."""
        row = await self._ask(
            lambda db: db.execute("SELECT count(*), coalesce(sum(amount), 0) FROM payments").fetchone()
        )
        return int(row[0]), int(row[1])

    async def count(self) -> int:
        """How many there are: none is ever removed, so the highest number says it without looking at all of them."""
        row = await self._ask(lambda db: db.execute("SELECT max(id) FROM orders").fetchone())
        return row[0] or 0

    def close(self) -> None:
        """Finish what is under way and close the file."""
        self._thread.submit(self._database.close).result()
        self._thread.shutdown()

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._database)


def _open(path: str) -> sqlite3.Connection:
    # Autocommit: every statement is a whole transaction. Two slots write to one file, hence WAL and patience.
    database = sqlite3.connect(path, isolation_level=None, timeout=5.0)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.executescript(SCHEMA)
    return database


def _insert(database: sqlite3.Connection, insert: str, values: tuple[object, ...], keep: bool) -> int:
    if keep:
        number = database.execute(insert, values).lastrowid
    else:
        database.execute("BEGIN IMMEDIATE")
        try:
            number = database.execute(insert, values).lastrowid
        finally:
            database.execute("ROLLBACK")
    assert number is not None
    return number


def _read(document: object) -> tuple[str, int]:
    if not isinstance(document, dict) or set(document) - {"item", "quantity"}:
        raise Invalid('an order is an object like {"item": "tea", "quantity": 2}')
    item, quantity = document.get("item"), document.get("quantity", 1)
    if not isinstance(item, str) or not 0 < len(item) <= 80:
        raise Invalid("item: 1 to 80 characters")
    if type(quantity) is not int or not 0 < quantity <= 1000:
        raise Invalid("quantity: a whole number from 1 to 1000")
    return item, quantity


def _read_payment(document: object) -> tuple[int, int]:
    data = document.get("data") if isinstance(document, dict) and document.get("type") == PAYMENT else None
    if not isinstance(data, dict):
        raise Invalid(
            f'a payment is an object like {{"type": "{PAYMENT}", "data": {{"order": 7, "amount": 5}}}}'
        )
    return _number(data, "order"), _number(data, "amount")


def _number(data: dict[str, object], name: str) -> int:
    value = data.get(name)
    if type(value) is not int or not 0 < value < 2**53:
        raise Invalid(f"{name}: a whole number above 0")
    return value
