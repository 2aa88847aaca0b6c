"""The orders API on PostgreSQL, by Starlette and SQLAlchemy: a schema that changes under two versions that both serve.

Each slot connects as a database role of its own, so that it can be seen what it sends, and that nobody of it is left.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from orders_table import Orders
from verdigris_kit import Health, Kit, checks
from verdigris_kit.contract import Identity
from verdigris_kit.statements import Statements

__all__ = ["make"]

MIGRATIONS = Path(__file__).parent / "migrations"
KEEP_SERVING = 0.2
"""Seconds after SIGTERM: verdigris takes the traffic away before that."""


def make(environ: Mapping[str, str] = os.environ) -> Kit:
    """The application as its variables want it, with the kit around it."""
    identity = Identity.of(environ)
    url = environ[f"DATABASE_URL_{environ['ENVIRONMENT_NAME'].upper()}"]
    # What a rehearsal sends is noted where a file for it is named, and nothing else ever is.
    orders = Orders(url, Statements(environ.get("STATEMENTS")))
    health = Health(
        {"database": checks.sqlalchemy(orders.engine), "schema": checks.alembic(orders.engine, MIGRATIONS)},
        identity=identity,
    )
    return Kit(Api(orders, identity).site, health, keep_serving=KEEP_SERVING, identity=identity)


class Api:
    """What is answered; `site` is all of it as an application."""

    def __init__(self, orders: Orders, identity: Identity) -> None:
        """`identity` is noted with each order that is taken."""
        self._orders, self._identity = orders, identity
        routes = [
            Route("/", self.root),
            Route("/orders", self.list_orders),
            Route("/orders", self.add_order, methods=["POST"]),
            Route("/orders/{number:int}", self.get_order),
        ]
        self.site = Starlette(routes=routes, lifespan=self._live)

    async def root(self, request: Request) -> JSONResponse:
        """Who is answering."""
        return JSONResponse({"name": "orders", "version": self._identity.api_version})

    async def list_orders(self, request: Request) -> JSONResponse:
        """The newest orders."""
        return JSONResponse({"orders": await self._orders.newest()})

    async def add_order(self, request: Request) -> JSONResponse:
        """Take an order like `{"item": "tea", "amount": 250}`."""
        try:
            document = await request.json()
            item, amount = str(document["item"]), int(document["amount"])
        except (ValueError, KeyError, TypeError) as error:
            raise HTTPException(422, 'an order is an object like {"item": "tea", "amount": 250}') from error
        return JSONResponse(await self._orders.add(item, amount, self._identity.api_version), 201)

    async def get_order(self, request: Request) -> JSONResponse:
        """One order, with what is to be known of its item."""
        order = await self._orders.noted(request.path_params["number"])
        if order is None:
            raise HTTPException(404, f"there is no order {request.path_params['number']}")
        return JSONResponse(order)

    @asynccontextmanager
    async def _live(self, site: Starlette) -> AsyncIterator[None]:
        yield
        await self._orders.engine.dispose()
