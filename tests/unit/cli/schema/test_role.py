"""A role for each slot, from the command line."""

import contextlib
import json

import psycopg
import pytest

from verdigris.cli.edge import run
from verdigris.cli.session import Session
from verdigris.cli.voice import Voice


@pytest.fixture
def base(server15):
    base = server15.create()
    with base.connected() as connection:
        connection.execute("CREATE ROLE orders; CREATE TABLE orders (id int8, who name DEFAULT current_user)")
        connection.execute("ALTER TABLE orders OWNER TO orders")
    yield base
    with base.connected() as connection:
        for name in ("orders_blue", "orders"):
            with contextlib.suppress(psycopg.errors.UndefinedObject):
                connection.execute(f"DROP OWNED BY {name} CASCADE; DROP ROLE {name}")
    server15.clear()


@pytest.fixture
def role(base, tmp_path, capsys, monkeypatch):
    """Runs `schema role`: the exit code, the object, and the file."""
    monkeypatch.setenv("OWNER", base.url())
    out = tmp_path / "blue.url"

    def made(*more: str, slot="blue", app="orders", database="env:OWNER"):
        words = [
            "schema",
            "role",
            slot,
            "--role",
            app,
            "--database",
            database,
            "--out",
            str(out),
            "--json",
            *more,
        ]
        code = run(words, Session(voice=Voice()))
        said = capsys.readouterr()
        return code, [json.loads(line) for line in said.out.splitlines()], said.err, out

    return made


def test_a_slot_has_a_role_and_a_file_with_its_login(role):
    code, (found,), said, out = role()
    assert (0, "orders_blue", f"file:{out}") == (code, found["role"], found["reference"])
    assert "the default of orders.who asks for current_user" in found["notes"][0]
    assert 0o600 == out.stat().st_mode & 0o777
    with psycopg.connect(out.read_text()) as connection:
        assert ("orders_blue",) == connection.execute(
            "SELECT current_user FROM orders RIGHT JOIN (SELECT 1) AS o ON true"
        ).fetchone()
        assert connection.info.password not in str(found) + said


def test_it_is_made_right_again_with_another_password(role):
    first = role()[3].read_text()
    code, _, _, out = role("--url", "postgresql://orders:old@db/shop")
    assert 0 == code
    assert first != out.read_text()
    assert out.read_text().startswith("postgresql://orders_blue:")
    assert out.read_text().endswith("@db/shop")


@pytest.mark.parametrize(
    ("words", "more", "code"),
    [
        ((), {"app": "missing"}, 2),
        ((), {"app": "a" * 70}, 2),
        ((), {"slot": "red"}, 2),
        ((), {"database": "postgresql://u:secret@/x?host=/nowhere"}, 1),
        (("--url", "host=db password=secret"), {}, 2),
    ],
    ids=range(5),
)
def test_what_cannot_be_is_told_and_nothing_is_written(role, words, more, code):
    found, _, said, out = role(*words, **more)
    assert (code, False) == (found, out.exists())
    assert "secret" not in said


def test_a_person_reads_where_the_login_is_and_not_the_password(base, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OWNER", base.url())
    out = tmp_path / "blue.url"
    words = ["schema", "role", "blue", "--role", "orders", "--database", "env:OWNER", "--out", str(out)]
    assert 0 == run(words, Session(voice=Voice()))
    said = " ".join(capsys.readouterr().out.split())
    assert said.startswith("orders_blue can log in with file:")
    with psycopg.connect(out.read_text()) as connection:
        assert connection.info.password not in said
