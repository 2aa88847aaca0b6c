"""A program with a tap before its database."""

import json
import sys

import pytest

from verdigris.cli.edge import run
from verdigris.cli.session import Session
from verdigris.cli.voice import Voice

PROGRAM = """
import os, sys, psycopg
with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    for name in ("ann", "bob"):
        connection.execute("SELECT %s::text", (name,))
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def record(server15, tmp_path, capfd, monkeypatch):
    """Runs `schema record`: the exit code, the object, and the lines of the file."""
    monkeypatch.setenv("REAL", server15.create().url())
    out = tmp_path / "new.jsonl"

    def recorded(*more: str, command=(sys.executable, "-c", PROGRAM, "0"), database="env:REAL"):
        words = [
            "schema",
            "record",
            "--database",
            database,
            "--out",
            str(out),
            "--json",
            *more,
            "--",
            *command,
        ]
        code = run(words, Session(voice=Voice()))
        said = capfd.readouterr()
        lines = out.read_text().splitlines() if out.exists() else []
        return (
            code,
            [json.loads(line) for line in said.out.splitlines()],
            [json.loads(line) for line in lines],
        )

    yield recorded
    server15.clear()


def test_what_a_program_sends_is_written_down_without_peoples_data(record):
    code, (found,), lines = record()
    assert (0, {"statements": 1, "sent": 2, "notes": [], "exit": 0}) == (code, found)
    assert [{"sql": "SELECT $1::text"}] == lines


def test_values_are_kept_in_their_order_if_somebody_wants_them(record):
    _, _, lines = record("--parameters", "values")
    assert [["ann"], ["bob"]] == [line["params"] for line in lines]


def test_a_program_that_fails_is_told_and_what_it_sent_is_there(record):
    code, (found,), lines = record(command=(sys.executable, "-c", PROGRAM, "3"))
    assert (1, 1) == (code, len(lines))
    assert found["notes"][0].endswith("ended with 3")


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (("--parameters", "all"), {}),
        ((), {"command": ("/nowhere/program",)}),
        ((), {"database": "env:MISSING"}),
        ((), {"database": "postgresql://u:secret@db/shop?sslmode=require"}),
        ((), {"database": "mysql://u:secret@db/shop"}),
    ],
    ids=range(5),
)
def test_what_cannot_be_is_told_before_anything_is_done(record, words, more):
    code, said, lines = record(*words, **more)
    assert (2, []) == (code, lines)
    assert "secret" not in str(said)


def test_a_person_reads_how_much_it_was(server15, tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("REAL", server15.create().url())
    out = tmp_path / "new.jsonl"
    words = [
        "schema",
        "record",
        "--database",
        "env:REAL",
        "--out",
        str(out),
        "--",
        sys.executable,
        "-c",
        PROGRAM,
        "3",
    ]
    assert 1 == run(words, Session(voice=Voice()))
    said = " ".join(capfd.readouterr().out.split())
    assert "1 statements, sent 2 times" in said
    assert said.endswith("ended with 3")
    server15.clear()
