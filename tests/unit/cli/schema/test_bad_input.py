"""What bad input gets from each verb of the schema: a sentence that says what to do, and production as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.unit.cli.schema.conftest import BACKFILL, EXPAND, ROWS
from tests.waiting import eventually_sync
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.dump import dump

READ = '{"sql": "SELECT id, total FROM orders"}\n'
VERBS = ("check", "trace", "expand")


class Ground:
    """The three verbs about one migration of one production."""

    def __init__(self, site, home: Path) -> None:
        self.site, self.home = site, home
        self.base, self.sent = home / "base.sql", home / "old.jsonl"
        self.sent.write_text(READ)

    def type(self, verb: str, sql: str, *more: str, base: str = "") -> tuple[int, str]:
        """The exit code and the sentence. `base` is a dump in the place of production itself."""
        migration = self.site.write("source", **{"001_bad": sql}) / "migrations"
        words = ["--database", "env:OWNER"]
        if base:
            self.base.write_text(base)
            words = ["--schema", str(self.base)]
        words += (
            ["--directory", str(migration)]
            if verb == "expand"
            else ["--migration", str(migration / "001_bad.sql")]
        )
        if verb != "trace":
            words += ["--statements", str(self.sent)]
        code, found, _ = self.site.type(verb, *words, *more, nowhere=True)
        return code, found.get("sentence") or json.dumps(found)

    def production(self) -> str:
        """All of its schema, and how many rows."""
        written = dump(self.site.production.url(), 18).splitlines()
        kept = [one for one in written if "restrict" not in one]  # with a word by chance in it
        return "\n".join([*kept, str(self.site.ask("SELECT count(*), sum(total) FROM orders"))])


@pytest.fixture
def ground(site, tmp_path) -> Iterator[Ground]:
    made = Ground(site, tmp_path)
    before = made.production()
    yield made
    assert before == made.production()


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("sql", "told"),
    [
        (
            "ALTER TABLE orders ADD a int;\nALTER TABEL orders ADD b int;\n",
            'line 2, column 7: syntax error at or near "TABEL"',
        ),
        ("ALTER TABLE `orders` ADD COLUMN a int AUTO_INCREMENT;\n", "line 1, column 13: syntax error"),
        ("ALTER TABLE orders ADD COLUMN a NUMBER(10);\n", 'type "number" does not exist'),
        (
            "ALTER TABLE orders ADD a int;\nALTER TABLE nobody ADD b int;\n",
            'relation "nobody" does not exist',
        ),
    ],
    ids=["broken", "mysql", "oracle", "unknown"],
)
def test_a_migration_that_is_no_sql_of_this_server_is_told_with_its_place(ground, verb, sql, told):
    code, sentence = ground.type(verb, sql)
    assert (2, True, True) == (code, told in sentence, "001_bad.sql" in sentence), sentence


@pytest.mark.parametrize("verb", ["check", "trace"])
def test_a_dump_with_roles_and_extensions_that_are_missing_here_is_used_all_the_same(ground, verb):
    base = (
        "CREATE EXTENSION IF NOT EXISTS hypopg WITH SCHEMA public;\n"
        "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL);\n"
        "ALTER TABLE orders OWNER TO nobody_here;\nGRANT SELECT ON orders TO nor_this;\n"
    )
    code, told = ground.type(verb, "ALTER TABLE orders ADD a int", base=base)
    assert 0 == code, told
    assert verb == "trace" or "the shadow has no extension hypopg" in told


@pytest.mark.parametrize("verb", VERBS)
def test_a_shadow_that_is_not_empty_is_refused(ground, server15, verb, monkeypatch):
    used = server15.create()
    with used.connected() as connection:
        connection.execute("CREATE TABLE somebodys (id int)")
    monkeypatch.setenv("USED", used.url())
    code, sentence = ground.type(verb, "ALTER TABLE orders ADD a int", "--shadow", "env:USED")
    assert (1, True) == (code, "is not empty" in sentence), sentence
    assert [(1,)] == used_rows(used)
    server15.drop(used)


def used_rows(database: Database):
    with database.connected() as connection:
        return connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'somebodys'").fetchall()


@pytest.mark.parametrize("verb", VERBS)
def test_production_as_its_own_shadow_is_refused(ground, verb):
    code, sentence = ground.type(verb, "ALTER TABLE orders ADD a int", "--shadow", "env:OWNER")
    assert (1, True) == (code, "is production's own server" in sentence), sentence


def test_statements_of_another_dialect_prove_nothing_and_break_nothing(ground):
    ground.sent.write_text('{"sql": "SELECT `id` FROM `orders` LIMIT 1, 2"}\n')
    code, told = ground.type("check", "ALTER TABLE orders ADD a int")
    assert (11, "unproven") == (code, json.loads(told)["overall"])


@pytest.mark.parametrize("verb", VERBS)
def test_a_migration_that_hangs_is_ended_and_told(ground, verb, monkeypatch):
    """The limits are shortened; who waits for a minute waits as well for a second."""
    monkeypatch.setattr("verdigris.schema.trace.measure.EACH_WITHIN", 1.0)
    monkeypatch.setattr("verdigris.schema.proof.applied.WITHIN", "1s")
    monkeypatch.setattr("verdigris.schema.tools.scripts.Scripts.shadow_within", 1.0)
    code, sentence = ground.type(verb, "ALTER TABLE orders ADD a int;\nSELECT pg_sleep(100000);\n")
    assert (2, True) == (code, "statement 2" in sentence), sentence


@pytest.mark.needs_root
@pytest.mark.parametrize("verb", VERBS)
def test_a_full_disk_of_the_shadow_is_called_by_its_name(ground, verb, monkeypatch):
    """A disk on which the server starts, and has no room for what the migration writes."""
    place = Path("/tmp") / f"full-{os.getpid()}"
    place.mkdir(mode=0o755)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=120m,mode=1777", "tmpfs", place], check=True)
    try:
        large = (
            "CREATE TABLE large AS SELECT repeat(md5(n::text), 30) AS t FROM generate_series(1, 400000) AS n"
        )
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr("tempfile.tempdir", str(place))
            code, sentence = ground.type(verb, large)
        assert (1, True, []) == (code, "disk is full" in sentence, list(place.iterdir())), sentence
    finally:
        subprocess.run(["umount", place], check=True)
        place.rmdir()


# --- what production is left in, and brought out of -------------------------------------------------------------


def command(site, place: Path) -> list[str]:
    words = [
        "schema",
        "expand",
        "--database",
        "env:OWNER",
        "--directory",
        str(place / "migrations"),
        "--allow-unproven",
        "--json",
    ]
    given = ["--config", str(place / "none.yaml"), "--state", str(place / "none")]
    return [sys.executable, "-m", "verdigris", *words, *given]


def test_a_runner_that_is_killed_in_mid_backfill_goes_on_where_it_was(site):
    """It stands still at the row 35, in a lock that is held here, and is killed there. No row is done twice."""
    slow = BACKFILL.replace("-- rows: 100", "-- rows: 10").replace(
        "= total WHERE", "= total + turn(id) WHERE"
    )
    held = "'SELECT 0 FROM pg_advisory_xact_lock_shared($1)'"
    site.ask(f"CREATE FUNCTION turn(int) RETURNS int LANGUAGE sql AS {held}")
    place = site.write("source", **{"001_amount.expand": EXPAND.splitlines()[1], "002_amount.backfill": slow})
    done = "SELECT count(amount) FROM orders"
    with site.production.connected() as holder:
        holder.execute("SELECT pg_advisory_lock(35)")
        with subprocess.Popen(
            command(site, place), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                eventually_sync(
                    lambda: "amount" in site.columns() and 30 <= site.ask(done)[0][0],
                    "three batches",
                    within=90,
                )
            finally:
                process.send_signal(signal.SIGKILL)
    between = site.ask(done)[0][0]
    assert 30 <= between < 35
    ended = subprocess.run(command(site, place), capture_output=True, text=True, timeout=100, check=False)
    assert 0 == ended.returncode, ended.stdout + ended.stderr
    *_, found = map(json.loads, ended.stdout.splitlines())
    assert ["002_amount.backfill.sql"] == found["carried_out"]
    assert f"of {ROWS - between} rows are done" in ended.stdout
    assert [(ROWS,)] == site.ask(done)


def test_an_index_that_was_left_half_built_is_cleared_away_and_built(site):
    """Two rows had one total, so a unique index failed, and what is left of it is INVALID."""
    site.ask("INSERT INTO orders VALUES (0, 1)")
    with site.production.connected() as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("CREATE UNIQUE INDEX CONCURRENTLY orders_total ON orders (total)")
    state = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('orders_total')"
    assert [(False,)] == site.ask(state)
    again = "CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_total ON orders (total);\n"
    place = site.write("source", **{"001_total.expand": again}) / "migrations"
    code, found, _ = site.type(
        "expand", "--database", "env:OWNER", "--directory", str(place), "--allow-unproven", nowhere=True
    )
    assert (0, [(True,)]) == (code, site.ask(state)), found
