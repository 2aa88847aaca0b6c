"""Files of statements from anywhere: read, or told with the file, and nothing of a parameter is in what is told."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import CONTROLS, documents, mutated
from verdigris.core.errors import ConfigError
from verdigris.schema.sources.declared import read

SECRET = "ann@mail.example"
LINE = {
    "sql": "SELECT $1",
    "params": [SECRET, -0.0, [1, None], {"a": [True]}],
    "types": ["text", "", "", "jsonb"],
}
SQLX = {
    "db_name": "PostgreSQL",
    "query": "SELECT $1",
    "describe": {"parameters": {"Left": ["Text", {"Custom": {"name": "status"}}]}},
}
SQL = b"-- name: Get :one\nSELECT '\\', $$;$$, E'\\'' /* ; */ FROM \"a;\" WHERE id = @id;\n-- name: x^\nSELECT :a::int;"
CHUNKS = (
    b"'",
    b'"',
    b"$$",
    b"$a$",
    b"/*",
    b"*/",
    b"--",
    b"\n",
    b";",
    b"\0",
    b"\xff",
    b"@id",
    b"\\",
    b"\xef\xbb\xbf",
)


def told(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / name
        path.write_bytes(data)
        try:
            found = read(path)
        except ConfigError as error:
            said = str(error)
            assert name in said
            assert SECRET not in said
            assert not set(CONTROLS) & set(said)
            return
    for statement in found.statements:
        assert statement.sql.strip()
        statement.sql.encode()
        for run in statement.runs:
            assert all(value is None or "\0" not in value for value in run)
    for sent in found.order:
        assert sent.run is None or sent.run < len(found.statements[sent.statement].runs)


@given(documents(LINE))
@example(json.dumps(LINE).encode())
def test_lines_are_read_or_told(data):
    told("old.jsonl", data)


@given(documents(SQLX))
@example(json.dumps(SQLX).encode())
def test_queries_of_sqlx_are_read_or_told(data):
    told("query-a.json", data)


@given(mutated((SQL, b""), CHUNKS) | st.binary(max_size=80))
@example(SQL)
def test_sql_files_are_read_or_told(data):
    told("query.sql", data)
