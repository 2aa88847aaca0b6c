"""The lock trace for anyone's CI: files in, one object and an exit code out."""

import json

import pytest

from verdigris.cli.edge import run
from verdigris.cli.schema.trace import lines_of
from verdigris.cli.session import Session
from verdigris.cli.voice import Voice
from verdigris.schema import parsing
from verdigris.schema.shadow.database import Database

BASE = """-- Dumped from database version 15.3
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name text);
CREATE TABLE "Großes Lager" (id bigint PRIMARY KEY, menge integer);
"""


@pytest.fixture
def trace(tmp_path, server15, capsys, monkeypatch):
    """Runs `schema trace` on the shadow of the tests: the exit code, the objects, and what was said beside them."""
    monkeypatch.setenv("SHADOW", Database(server15.where, "postgres").url())

    def traced(sql: str | bytes, *more: str, base: str = BASE):
        (tmp_path / "base.sql").write_text(base)
        (tmp_path / "001.sql").write_bytes(sql if isinstance(sql, bytes) else sql.encode())
        words = ["--schema", str(tmp_path / "base.sql"), "--migration", str(tmp_path / "001.sql")]
        code = run(
            ["schema", "trace", *words, "--shadow", "env:SHADOW", "--json", *more], Session(voice=Voice())
        )
        said = capsys.readouterr()
        return code, [json.loads(line) for line in said.out.splitlines()], said.err

    return traced


def test_every_statement_is_in_one_object_and_nothing_is_a_failure(trace):
    code, (found,), _ = trace("ALTER TABLE users ADD a int;\nALTER TABLE users ALTER name SET NOT NULL;\n")
    first, second = found["statements"]
    assert 0 == code == found["exit"]
    assert {
        "sql": "ALTER TABLE users ALTER name SET NOT NULL",
        "lock": "ACCESS EXCLUSIVE",
        "rewrite": False,
        "scan": True,
        "hazard": True,
        "class": "contract",
        "relations": ["users"],
    }.items() <= second.items()
    assert ("expand", False, 2) == (first["class"], first["hazard"], first["until"])
    assert [{"relation": "users", "lock": "ACCESS EXCLUSIVE", "since": 1}] == second["held"]


def test_a_hazard_fails_only_where_it_is_asked_to(trace):
    assert 11 == trace("CREATE INDEX ON users (name)", "--fail-on", "hazard")[0]
    assert 0 == trace("CREATE INDEX CONCURRENTLY ON users (name)", "--fail-on", "hazard")[0]
    assert 2 == trace("SELECT 1", "--fail-on", "anything")[0]


def test_transactions_are_those_of_the_file(trace):
    _, (found,), _ = trace(
        "BEGIN;\nALTER TABLE users ADD a int;\nCOMMIT;\nBEGIN;\nALTER TABLE users ADD b int;\nCOMMIT;\n"
        "CREATE INDEX CONCURRENTLY ON users (a);\n"
    )
    assert 3 == len({one["transaction"] for one in found["statements"]}) == len(found["statements"])
    assert not any(one["held"] for one in found["statements"])


def test_odd_names_marks_and_line_ends_are_read(trace):
    _, (found,), _ = trace(
        '\ufeff-- größer\r\nALTER TABLE "Großes Lager" ALTER menge TYPE bigint;\r\n'.encode()
    )
    assert [(['"Großes Lager"'], True)] == [(one["relations"], one["rewrite"]) for one in found["statements"]]


def test_an_empty_file_has_no_statements(trace):
    code, (found,), _ = trace("-- nothing yet\n")
    assert (0, []) == (code, found["statements"])


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("ALTER TABLE users ADD a int;\nALTER TABEL users ADD b int;\n", "line 2, column"),
        ("SELECT 1;\n\nALTER TABLE nobody ADD b int;\n", r"statement 2 (line 3) fails on the shadow"),
        ("SELECT 1;\nUPDATE users\nSET nothing = 1;\n", "statement 2 (line 3, column 5) fails on the shadow"),
        ("\\connect other\nSELECT 1;\n", "is a command of psql and not SQL"),
        (b"SELECT '\xff';\n", "UTF-8"),
        (b"SELECT 1;\x00\n", "NUL"),
        ("ALTER TABLE `users` ADD a int;\n", "line 1, column"),
    ],
)
def test_bad_input_is_told_with_its_place(trace, sql, sentence):
    code, (found,), _ = trace(sql)
    assert (2, "error") == (code, found["type"])
    assert sentence in found["sentence"]


def test_a_schema_or_production_has_to_be_named(capsys, tmp_path):
    (tmp_path / "001.sql").write_text("SELECT 1")
    code = run(
        ["schema", "trace", "--migration", str(tmp_path / "001.sql"), "--json"], Session(voice=Voice())
    )
    assert 2 == code
    assert "--schema FILE" in capsys.readouterr().out


def test_lines_are_counted_through_comments():
    text = "-- one\nSELECT 1; SELECT 2;\n/* three\n */ SELECT\n 3;\nSELECT 4"
    assert (2, 2, 4, 6) == lines_of(text, parsing.split(text))
    assert () == lines_of("SELECT 1", ("SELECT 2",))
