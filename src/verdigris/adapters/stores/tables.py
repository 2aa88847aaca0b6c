"""The tables of the store. They are made by the migrations only; a test holds the two together.

A deployment's columns beside `data` repeat what is searched for; `data` is what counts.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = ["COMMANDS", "COUNTS", "DEPLOYMENTS", "EVENTS", "FILED", "META", "METADATA"]

METADATA = MetaData()

DEPLOYMENTS = Table(
    *("deployments", METADATA),
    Column("row", Integer, primary_key=True),
    Column("app", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("created", Float, nullable=False),
    Column("updated", Float, nullable=False),
    UniqueConstraint("app", "id", name="one_deployment"),
    Index("deployments_of_app", "app"),
    sqlite_autoincrement=True,
)

EVENTS = Table(
    *("events", METADATA),
    Column("number", Integer, primary_key=True),
    Column("wall", Float, nullable=False),
    Column("app", Text, nullable=False),
    Column("deployment", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("phase", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Index("events_of_deployment", "app", "deployment"),
    sqlite_autoincrement=True,  # a number is never used again, whatever was pruned
)
Index("events_that_turn", EVENTS.c.app, EVENTS.c.deployment, sqlite_where=text("kind IN ('phase', 'step')"))

COMMANDS = Table(
    *("commands", METADATA),
    Column("id", Integer, primary_key=True),
    Column("app", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("deployment", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("filed", Float, nullable=False),
    Column("accepted", Boolean),
    Column("sentence", Text),
    Column("share", Integer, nullable=False, server_default="0"),
    sqlite_autoincrement=True,
)
Index("commands_waiting", COMMANDS.c.app, sqlite_where=COMMANDS.c.accepted.is_(None))

FILED = Table(
    *("filed", METADATA),
    Column("id", Integer, primary_key=True),
    Column("app", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("filed", Float, nullable=False),
    Column("accepted", Boolean),
    Column("sentence", Text),
    Column("deployment", Text),
    UniqueConstraint("app", "key", name="one_filing"),
    sqlite_autoincrement=True,
)
Index("filed_waiting", FILED.c.app, sqlite_where=FILED.c.accepted.is_(None))

COUNTS = Table(
    *("counts", METADATA),
    Column("row", Integer, primary_key=True),
    Column("app", Text, nullable=False),
    Column("deployment", Text, nullable=False),
    Column("at", Integer, nullable=False),
    Column("ln_e", Float, nullable=False),
    Column("lines", LargeBinary, nullable=False),  # compressed
    UniqueConstraint("app", "deployment", "at", name="one_second"),
    sqlite_autoincrement=True,
)

META = Table("meta", METADATA, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))
