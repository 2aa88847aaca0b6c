"""Ready-made checks for `Health`: each function here takes what the application uses, and gives a check of it.

What they look at is told apart by what it can do, so that no client library is needed for those that are not used.
A check reads only. It has no deadline of its own but where it says so: `Health` has one for all.
"""

from .databases import asyncpg, dbapi, django, psycopg, sqlalchemy
from .machine import disk, http
from .schema import alembic, django_migrations
from .stores import redis, valkey

__all__ = [
    "alembic",
    "asyncpg",
    "dbapi",
    "disk",
    "django",
    "django_migrations",
    "http",
    "psycopg",
    "redis",
    "sqlalchemy",
    "valkey",
]
