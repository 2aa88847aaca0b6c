"""The servers of the schema proof's tests, for the verbs that ask it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.house import FakeHouse
from tests.unit.schema.conftest import server, server15, server18
from verdigris.cli.edge import run
from verdigris.cli.session import Session
from verdigris.cli.voice import Voice
from verdigris.config import SchemaSettings, Settings
from verdigris.core.world import Release
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server

__all__ = ["server", "server15", "server18"]

BASE = """CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL);
CREATE TABLE notes (id int PRIMARY KEY, note text)"""
ROWS = 300
EXPAND = "-- sync: orders total amount\nALTER TABLE orders ADD COLUMN amount int, ALTER COLUMN total DROP NOT NULL;\n"
BACKFILL = "-- rows: 100\nUPDATE orders SET amount = total WHERE amount IS NULL AND {batch};\n"
CONTRACT = "ALTER TABLE orders DROP COLUMN total;\n"
RENAME = {"001_amount.expand": EXPAND, "002_amount.backfill": BACKFILL, "003_total.contract": CONTRACT}
NOTE = {"001_note.expand": "ALTER TABLE orders ADD COLUMN note text"}
NOTES = '{"sql": "SELECT note FROM orders JOIN notes USING (id)"}\n'
"""What `NOTE` breaks: it is not known any more whose note is meant."""
OLD = '{"sql": "SELECT total FROM orders WHERE id = $1", "params": [1]}\n'
NEW = '{"sql": "SELECT amount FROM orders WHERE id = $1", "params": [1]}\n'


class Shop(FakeHouse):
    """A house whose releases are directories, and whose database is a real one."""

    @property
    def settings(self) -> Settings:
        schema = SchemaSettings("files", "env:OWNER", role="shop", statements="statements.jsonl")
        return replace(super().settings, schema=schema, directory=str(self.state / "source"))

    def make_release(self, version: str | None, say: Callable[[str], None]) -> Release:
        made = super().make_release(version, say)
        return replace(made, directory=str(self.state / made.version))


@dataclass(frozen=True)
class Site:
    """Production, a source with migrations, and hands to type at both."""

    production: Database
    house: Shop
    capsys: pytest.CaptureFixture[str]

    def write(self, where: str, **files: str) -> Path:
        """Migrations and what is sent, below `where`."""
        place = self.house.state / where
        (place / "migrations").mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = "statements.jsonl" if name == "sent" else f"migrations/{name}.sql"
            (place / path).write_text(text)
        return place

    def type(self, *words: str, nowhere: bool = False) -> tuple[int, dict[str, Any], list[str]]:
        """The exit code, the result and what was said before it. `nowhere` is a directory where nothing was set up."""
        (self.house.state / "verdigris.yaml").touch()
        name = "nothing" if nowhere else "verdigris.yaml"
        given = ["--config", str(self.house.state / name), "--json"]
        session = Session(build=lambda config, state, app: self.house, voice=Voice(wall=self.house.wall))
        if nowhere:
            session, given = Session(), [*given, "--state", str(self.house.state / "nothing")]
        self.capsys.readouterr()
        code = run(["schema", *words, *given], session)
        *said, found = map(json.loads, self.capsys.readouterr().out.splitlines())
        return code, found, [one["sentence"] for one in said]

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.production.connected() as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def columns(self) -> list[str]:
        names = "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0"
        return [name for (name,) in self.ask(f"{names} AND NOT attisdropped ORDER BY attnum")]


@pytest.fixture
def site(
    server18: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Site]:
    production = server18.create()
    with production.connected() as connection:
        connection.execute(BASE)
        connection.execute(f"INSERT INTO orders SELECT n, n FROM generate_series(1, {ROWS}) AS n")
        for role in ("shop_blue", "shop_green"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
            connection.execute(f"CREATE ROLE {role} LOGIN")
            connection.execute(f"GRANT SELECT ON orders, notes TO {role}")
    monkeypatch.setenv("OWNER", production.url())
    yield Site(production, Shop(state=tmp_path), capsys)
    with production.connected() as connection:
        connection.execute("DROP OWNED BY shop_blue, shop_green; DROP ROLE shop_blue, shop_green")
    server18.drop(production)
