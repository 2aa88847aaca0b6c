"""What each statement of a migration is, by what it changes."""

import pytest

from tests.unit.schema.trace.copies import BASE
from verdigris.schema import parsing
from verdigris.schema.script import Kind, Script
from verdigris.schema.trace import classing
from verdigris.schema.trace.classing import classed
from verdigris.schema.trace.measure import measure

SQL = """SET lock_timeout = '1s';
ALTER TABLE users ADD nice int;
UPDATE users SET nice = 1;
ALTER TABLE users DROP age;
ALTER TABLE users RENAME name TO title;
CREATE TABLE new (id int);
ALTER TABLE new ADD CHECK (id > 0);
INSERT INTO new VALUES (1)"""


def kinds(server, sql):
    with server.create().connected() as connection:
        connection.execute(BASE)
        return [
            one.kind for one in classed(connection, measure(connection, Script("m.sql", parsing.split(sql))))
        ]


def test_each_statement_is_classed_by_what_it_changes(server):
    assert [
        Kind.EXPAND,
        Kind.EXPAND,
        Kind.BACKFILL,
        Kind.CONTRACT,
        Kind.BOTH,
        Kind.EXPAND,
        Kind.EXPAND,
        Kind.EXPAND,
    ] == kinds(server, SQL)


def test_a_transaction_that_is_run_as_a_whole_is_seen_from_within(server):
    assert [Kind.EXPAND, Kind.CONTRACT] == kinds(server, "SAVEPOINT a; ALTER TABLE users DROP age")


@pytest.mark.parametrize("together", [2, 100])
def test_behind_many_statements_several_are_classed_together(server, monkeypatch, together):
    monkeypatch.setattr(classing, "LOOKS_MAX", 1)
    monkeypatch.setattr(classing, "TOGETHER", together)
    found = kinds(
        server,
        "ALTER TABLE users ADD a int; ALTER TABLE users ADD b int; ALTER TABLE users DROP age; DROP TABLE parents",
    )
    assert Kind.EXPAND is found[0]
    assert [Kind.BOTH, Kind.BOTH] == found[1:3]
    assert Kind.EXPAND is not found[3]
