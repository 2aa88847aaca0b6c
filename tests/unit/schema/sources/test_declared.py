import json

import pytest

from tests.unit.schema.sources.test_sqlx import QUERY
from verdigris.core.errors import ConfigError
from verdigris.schema.sources import declared
from verdigris.schema.sources.declared import read
from verdigris.schema.sources.placeholders import Style


def said(recording):
    return [(statement.sql, statement.source) for statement in recording.statements]


def test_a_directory_of_sqlx(tmp_path):
    (tmp_path / "query-a.json").write_text(json.dumps(QUERY))
    (tmp_path / "query-b.json").write_text(json.dumps(QUERY))
    (tmp_path / "query-c.json").write_text(json.dumps(QUERY | {"db_name": "SQLite"}))
    (tmp_path / "other.json").write_text("nonsense")
    found = read(tmp_path)
    assert [(QUERY["query"], "query-a.json")] == said(found)
    assert (("text", "text[]", "status"), ("query-c.json is for SQLite, and is not read",)) == (
        found.statements[0].types,
        found.notes,
    )


def test_queries_of_sqlc(tmp_path):
    path = tmp_path / "query.sql"
    path.write_text(
        "-- the users\n-- name: GetUser :one\n-- says who it is\nSELECT * FROM users WHERE id = $1 LIMIT 1;\n\n"
        "-- name: Rename :execrows\nUPDATE users SET name = sqlc.arg(name) WHERE id = @id AND name <> @name;\n"
    )
    assert [
        ("-- says who it is\nSELECT * FROM users WHERE id = $1 LIMIT 1", "query.sql: GetUser"),
        ("UPDATE users SET name = $1 WHERE id = $2 AND name <> $1", "query.sql: Rename"),
    ] == said(read(path))


def test_queries_of_aiosql(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "users.sql").write_text(
        "-- name: get_user(id)^\nSELECT name::text FROM users WHERE id = :id;\n-- name: drop-user!\n"
        "DELETE FROM users WHERE id = :id"
    )
    assert [
        ("SELECT name::text FROM users WHERE id = $1", "users.sql: get_user"),
        ("DELETE FROM users WHERE id = $1", "users.sql: drop-user"),
    ] == said(read(tmp_path))


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (None, "BEGIN; SELECT name FROM users WHERE id = $1; COMMIT;"),
        (Style.FORMAT, "\ufeffSELECT name FROM users WHERE id = %s"),
        (Style.QUESTION, "SELECT name FROM users WHERE id = ?;\r\n"),
    ],
)
def test_plain_files_are_their_statements(tmp_path, style, text):
    path = tmp_path / "app.sql"
    path.write_text(text)
    assert [("SELECT name FROM users WHERE id = $1", "app.sql")] == said(read(path, style))


@pytest.mark.parametrize("name", ["old.jsonl", "old.json", "old", "old.sql"])
def test_json_lines_are_read_as_ever(tmp_path, name):
    path = tmp_path / name
    path.write_text('{"sql": "SELECT $1", "params": [7]}')
    assert (("7",),) == read(path).statements[0].runs


@pytest.mark.parametrize("text", ["", "-- nothing\n;", "COMMIT;"])
def test_what_declares_nothing_is_told(tmp_path, text):
    path = tmp_path / "app.sql"
    path.write_text(text)
    assert (f"{path} declares no statement",) == read(path).notes


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.sql", b"SELECT '\xff'", "a.sql: is no UTF-8 (byte 9)"),
        ("a.sql", "SELECT 1".encode("utf-16-le"), "a.sql: has a NUL byte"),
        ("query-a.json", b"{", "query-a.json: is no query of sqlx: Expecting property name"),
        ("query-a.json", b"{}", "query-a.json: is no query of sqlx: query or db_name is missing"),
        ("sqlx-data.json", b'{"a": ' + b"[" * 100_000, "sqlx-data.json: is no query of sqlx"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, name, data, told):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ConfigError) as error:
        read(path)
    assert told in str(error.value)


def test_there_are_bounds(tmp_path, monkeypatch):
    monkeypatch.setattr(declared, "FILE_MOST", 5)
    monkeypatch.setattr(declared, "FILES_MOST", 1)
    for name in ("a.sql", "b.sql"):
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(ConfigError, match="has more than 1 files"):
        read(tmp_path)
    with pytest.raises(ConfigError, match="is longer than 5 bytes"):
        read(tmp_path / "a.sql")


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read(tmp_path / "missing.sql")
