"""Projects with a PostgreSQL of their own, in which each slot has a role: `orders_blue` and `orders_green`."""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.e2e.project import Project, merged, project_in
from tests.unit.schema.conftest import NEW, programs
from verdigris.schema.shadow import embedded as starting
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server

__all__ = ["PATIENCE", "Stored", "production_with", "stored_in"]

S = TypeVar("S", bound="Stored")

ROLE, SLOTS = "orders", ("blue", "green")
PATIENCE = 900.0
"""Seconds: on a machine with much else to do each proof takes some."""
TIMES = {"stabilize": "1s", "within": {"prove": "15m", "expand": "15m"}}
COLUMNS = """
    SELECT attname FROM pg_attribute WHERE attrelid = '{}'::regclass AND attnum > 0 AND NOT attisdropped
    ORDER BY attnum
"""
BURIED = "SELECT column_name FROM verdigris_schema.tombstones WHERE ended IS NULL"


class Stored(Project):
    """An API with a PostgreSQL. Whoever may change the schema is in `OWNER_URL`, for `schema.database: env:OWNER_URL`.

    An instance finds URLs in `DATABASE_URL_BLUE` and `DATABASE_URL_GREEN`, and is to take that of its slot.
    """

    def __init__(self, place: Path, database: Database, **sections: Any) -> None:
        urls = {f"DATABASE_URL_{slot.upper()}": url_of(database, slot) for slot in SLOTS}
        super().__init__(place, **merged({"run": {"env": urls}}, sections))
        self.database = database
        self.environ["OWNER_URL"] = database.url()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the owner finds."""
        with self.database.connected() as connection:
            return connection.execute(sql).fetchall()

    def columns(self, table: str = "orders") -> list[str]:
        """Those of a table, but for what was taken away and is not dropped yet."""
        return [name for (name,) in self.rows(COLUMNS.format(table)) if not name.startswith("_verdigris")]

    def buried(self) -> list[str]:
        """What was taken away and is not dropped yet."""
        return [name for (name,) in self.rows(BURIED)]

    def a_day_later(self) -> None:
        """For what was taken away: in the database, and in what the job of the contract wrote down."""
        self.rows("UPDATE verdigris_schema.tombstones SET due = due - interval '25 hours' RETURNING number")
        for papers in (self.state / "schema").glob("*/*.json"):
            read = json.loads(papers.read_text())
            aged = papers.with_suffix(".aged")
            aged.write_text(json.dumps(read | {"due": max(read["due"] - 90_000.0, 0.0)}))
            aged.replace(papers)

    def shipped(self, *words: str, code: int = 0) -> str:
        """The next version, once it has ended so; proofs take their time where there is much else to do."""
        self.change()
        shipping = self.begin("deploy", "--version", self.version, *words)
        assert code == shipping.wait(PATIENCE), self.verdigris("report").stdout
        return self.version

    def report(self) -> str:
        """What `report` says, in one line."""
        return " ".join(self.verdigris("report").stdout.split())


def url_of(database: Database, slot: str) -> str:
    return replace(database, where=tuple({**dict(database.where), "user": f"{ROLE}_{slot}"}.items())).url()


@contextlib.contextmanager
def production_with(*preloaded: str) -> Iterator[Server]:
    """A server that is production in a test, with the roles that the slots have."""
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(starting.SETTINGS, "shared_preload_libraries", ",".join(preloaded))
            server = stack.enter_context(starting.embedded(programs(NEW)))
        with server.create().connected() as connection:
            connection.execute(f"CREATE ROLE {ROLE}")
            for slot in SLOTS:
                connection.execute(f"CREATE ROLE {ROLE}_{slot} LOGIN IN ROLE {ROLE}")
        yield server


@contextlib.contextmanager
def stored_in(place: Path, kind: type[S], production: Server, **sections: Any) -> Iterator[S]:
    """A project with a database on that server until the block ends. Keywords are sections of verdigris.yaml."""
    database = production.create()
    with database.connected() as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
    schema = {"database": "env:OWNER_URL", "role": ROLE, "statements": "statements.jsonl"}
    made = functools.partial(kind, database=database)
    try:
        with project_in(place, made, **merged({"schema": schema, **TIMES}, sections)) as project:  # type: ignore[arg-type]
            yield project
    finally:
        production.clear()
