"""Every client that there is a ready-made check for, with a check of it: small timeouts, as the guide asks for."""

import contextlib
from urllib.parse import urlsplit

import asyncpg
import psycopg
import redis
import redis.asyncio
import valkey
import valkey.asyncio
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from verdigris_kit import checks

__all__ = ["DATABASES", "STORES", "connect"]


def connect(url):
    return psycopg.connect(url, connect_timeout=2)


@contextlib.asynccontextmanager
async def a_factory(url):
    yield checks.dbapi(lambda: connect(url))


@contextlib.asynccontextmanager
async def a_factory_of_psycopg(url):
    yield checks.psycopg(lambda: connect(url))


@contextlib.asynccontextmanager
async def an_engine(url):
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    yield checks.sqlalchemy(engine)
    engine.dispose()


@contextlib.asynccontextmanager
async def an_async_engine(url):
    engine = create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:"))
    yield checks.sqlalchemy(engine)
    await engine.dispose()


@contextlib.asynccontextmanager
async def a_pool_of_asyncpg(url):
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as pool:
        yield checks.asyncpg(pool)


# Pools are made with a `timeout`: without it whoever asks for a connection waits for half a minute.
IN_POOL = {"min_size": 1, "max_size": 2, "timeout": 2, "open": False}


@contextlib.asynccontextmanager
async def a_pool_of_psycopg(url):
    with ConnectionPool(url, **IN_POOL) as pool:
        yield checks.psycopg(pool)


@contextlib.asynccontextmanager
async def an_async_pool_of_psycopg(url):
    async with AsyncConnectionPool(url, **IN_POOL) as pool:
        yield checks.psycopg(pool)


DATABASES = (
    a_factory,
    a_factory_of_psycopg,
    a_pool_of_psycopg,
    an_async_pool_of_psycopg,
    an_engine,
    an_async_engine,
    a_pool_of_asyncpg,
)


def store(module, asynchronous):
    """A client of redis-py or of valkey-py, which are the same in this."""

    @contextlib.asynccontextmanager
    async def opened(url):
        port = urlsplit(url).port
        made = module.asyncio if asynchronous else module
        kind = made.Redis if module is redis else made.Valkey
        client = kind(port=port, socket_timeout=0.5, socket_connect_timeout=0.5)
        yield (checks.redis if module is redis else checks.valkey)(client, writes="health")
        await client.aclose() if asynchronous else client.close()

    opened.__name__ = f"{module.__name__}{'_async' if asynchronous else ''}"
    return opened


STORES = tuple(store(module, asynchronous) for module in (redis, valkey) for asynchronous in (False, True))
