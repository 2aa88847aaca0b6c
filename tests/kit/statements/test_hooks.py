"""What SQLAlchemy, Django, psycopg and asyncpg send, noted by the hooks, against a real server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from verdigris.schema.sources.lines import read
from verdigris_kit import counts
from verdigris_kit.statements import Statements

psycopg = pytest.importorskip("psycopg")

TABLE = "CREATE TABLE IF NOT EXISTS users (id int8 PRIMARY KEY, name text); DELETE FROM users"


@pytest.fixture
def noted(postgres):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(TABLE)
    return []


@pytest.fixture
def statements(noted):
    return Statements(lambda line: noted.append(json.loads(line)), parameters="values", always=True)


def pairs(noted):
    return [(line["sql"], line["params"]) for line in noted]


def can_be_prepared(postgres, noted):
    """Every one of them is SQL as PostgreSQL has it."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for line in noted:
            prepared = connection.pgconn.prepare(b"", line["sql"].encode())
            assert psycopg.pq.ExecStatus.COMMAND_OK == prepared.status, (line, prepared.error_message)


def test_psycopg(postgres, noted, statements):
    words = {"autocommit": True, "cursor_factory": statements.psycopg()}
    with psycopg.connect(postgres.url, **words) as connection:
        connection.execute("INSERT INTO users VALUES (%s, %s)", (1, "ann"))
        with connection.cursor() as cursor:
            cursor.executemany("INSERT INTO users VALUES (%s, %s)", iter([(2, "bob"), (3, None)]))
            assert [("ann",)] == list(cursor.stream(b"SELECT name FROM users WHERE id = %(id)s", {"id": 1}))
            with cursor.copy("COPY users TO STDOUT") as copy:
                assert 3 == len(list(copy.rows()))
            query = psycopg.sql.SQL("SELECT {} FROM users WHERE id = {}").format(
                psycopg.sql.Identifier("name"), psycopg.sql.Placeholder()
            )
            assert ("bob",) == cursor.execute(query, (2,)).fetchone()
    assert [
        ("INSERT INTO users VALUES ($1, $2)", [1, "ann"]),
        ("INSERT INTO users VALUES ($1, $2)", [2, "bob"]),
        ("INSERT INTO users VALUES ($1, $2)", [3, None]),
        ("SELECT name FROM users WHERE id = $1", [1]),
        ("COPY users TO STDOUT", []),
        ('SELECT "name" FROM users WHERE id = $1', [2]),
    ] == pairs(noted)
    can_be_prepared(postgres, noted)


def test_psycopg_complains_as_it_would_without_us(postgres, noted, statements):
    before = counts.read().get("statements.unread", 0)
    with psycopg.connect(postgres.url, cursor_factory=statements.psycopg()) as connection:
        with pytest.raises(TypeError):
            connection.execute(7)
        with pytest.raises(psycopg.ProgrammingError):
            connection.execute("SELECT %s", (1, 2))
    assert before + 1 == counts.read()["statements.unread"]


async def test_psycopg_asynchronous_and_raw(postgres, noted, statements):
    words = {"autocommit": True}
    async with await psycopg.AsyncConnection.connect(
        postgres.url, cursor_factory=statements.psycopg(psycopg.AsyncCursor), **words
    ) as connection:
        await connection.execute("INSERT INTO users VALUES (%s, %s)", (1, "ann"))
        async with connection.cursor() as cursor:
            assert [(1,)] == [row async for row in cursor.stream("SELECT id FROM users")]
    with psycopg.connect(
        postgres.url, cursor_factory=statements.psycopg(psycopg.RawCursor), **words
    ) as connection:
        connection.execute("SELECT '%s', name FROM users WHERE id = $1", (1,))
    assert [
        ("INSERT INTO users VALUES ($1, $2)", [1, "ann"]),
        ("SELECT id FROM users", []),
        ("SELECT '%s', name FROM users WHERE id = $1", [1]),
    ] == pairs(noted)


async def test_asyncpg(postgres, noted, statements):
    import asyncpg

    async with asyncpg.create_pool(postgres.url, init=statements.asyncpg, min_size=1, max_size=1) as pool:
        await pool.execute("INSERT INTO users VALUES ($1, $2)", 1, "ann")
        assert "ann" == await pool.fetchval("SELECT name FROM users WHERE id = $1", 1)
    assert [
        ("INSERT INTO users VALUES ($1, $2)", [1, "ann"]),
        ("SELECT name FROM users WHERE id = $1", [1]),
    ] == [pair for pair in pairs(noted) if "users" in pair[0]]


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
async def test_sqlalchemy(postgres, noted, statements, driver):
    import sqlalchemy as sa
    from sqlalchemy.ext.asyncio import create_async_engine

    users = sa.table("users", sa.column("id", sa.BigInteger), sa.column("name", sa.Text))
    engine = create_async_engine(postgres.url.replace("postgresql:", f"postgresql+{driver}:"))
    statements.sqlalchemy(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.insert(users), [{"id": 1, "name": "ann"}, {"id": 2, "name": None}])
        await connection.execute(sa.select(users.c.name).where(users.c.id.in_([1, 2]), users.c.name != "x%"))
        await connection.execute(sa.text("SELECT 5 % 2, :name"), {"name": "ann"})
    await engine.dispose()
    found = [pair for pair in pairs(noted) if "users" in pair[0] or "5 %" in pair[0]]
    assert [{1, "ann"}, {2, None}, {1, 2, "x%"}, {"ann"}] == [set(parameters) for _, parameters in found]
    assert "5 % 2" in found[-1][0]
    can_be_prepared(postgres, [line for line in noted if "users" in line["sql"]])


SITE = """
import sys
from django.conf import settings
url, path = sys.argv[1:]
from urllib.parse import urlsplit
parts = urlsplit(url)
settings.configure(INSTALLED_APPS=[], DATABASES={"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": parts.username,
    "HOST": parts.hostname, "PORT": parts.port}})
import django; django.setup()
from django.db import connection, models
from verdigris_kit.statements import Statements
class User(models.Model):
    id = models.BigAutoField(primary_key=True)
    name = models.TextField(null=True)
    class Meta:
        app_label, db_table = "shop", "users"
connection.ensure_connection()
statements = Statements(path, parameters="values", always=True)
statements.django()
statements.django()
User(id=1, name="ann").save(force_insert=True)
print(list(User.objects.filter(id__in=[1, 2], name__contains="%").values_list("name", flat=True)[:21]))
with connection.cursor() as cursor:
    cursor.execute("SELECT 5 % 2")
    cursor.executemany("UPDATE users SET name = %s WHERE id = %s", [("bob", 1), (None, 2)])
connection.close()
print(User.objects.count())
"""


def test_django(postgres, noted, tmp_path: Path):
    path = tmp_path / "new.jsonl"
    said = subprocess.run(
        [sys.executable, "-c", SITE, postgres.url, str(path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ("[]\n1\n", 0) == (said.stdout, said.returncode), said.stderr
    found = read(path)
    sent = {statement.sql: statement.runs for statement in found.statements}
    assert (("1", "ann"),) == next(runs for sql, runs in sent.items() if sql.startswith("INSERT"))
    assert (("bob", "1"), (None, "2")) == sent["UPDATE users SET name = $1 WHERE id = $2"]
    assert ((),) == sent["SELECT 5 % 2"]
    assert any("COUNT(*)" in sql for sql in sent)
    can_be_prepared(postgres, [{"sql": sql} for sql in sent])
