"""Orders in a PostgreSQL that both slots share. Nothing here knows of HTTP."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Identity, Integer, MetaData, Table, Text, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from verdigris_kit.statements import Statements

__all__ = ["METADATA", "Orders"]

METADATA = MetaData()
ITEMS = Table("items", METADATA, Column("item", Text, primary_key=True), Column("note", Text, nullable=False))
ORDERS = Table(
    "orders",
    METADATA,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("item", Text, nullable=False),
    Column("amount", Integer),
    Column("made_by", Text, nullable=False),
)
# `note` is that of the item as long as orders have none: what adds one to them breaks this, and is refused.
NOTED = text("SELECT id, item, note FROM orders LEFT JOIN items USING (item) WHERE id = :id")
PAGE = 20
POOL = 4
"""Connections of each instance. With two slots of two instances there are four times as many."""


class Orders:
    """The orders in the database at `url`. `statements` hears what is sent."""

    def __init__(self, url: str, statements: Statements) -> None:
        """Nothing is connected before the first question."""
        self.engine = create_async_engine(url, pool_size=POOL, max_overflow=0, pool_pre_ping=True)
        statements.sqlalchemy(self.engine)

    async def add(self, item: str, amount: int, made_by: str) -> dict[str, Any]:
        """Take an order."""
        row = {"item": item, "amount": amount, "made_by": made_by}
        async with self.engine.begin() as connection:
            number = (
                await connection.execute(ORDERS.insert().values(row).returning(ORDERS.c.id))
            ).scalar_one()
        return {"id": number, **row}

    async def newest(self) -> list[dict[str, Any]]:
        """The last few orders, newest first."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(ORDERS).order_by(ORDERS.c.id.desc()).limit(PAGE))
            return [dict(row) for row in rows.mappings()]

    async def noted(self, number: int) -> dict[str, Any] | None:
        """One order, with what is to be known of its item."""
        async with self.engine.connect() as connection:
            row = (await connection.execute(NOTED, {"id": number})).mappings().first()
            return dict(row) if row else None
