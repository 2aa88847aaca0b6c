"""Listening while somebody else's program changes the schema, in transactions and outside."""

import pytest

from tests.unit.schema.trace.copies import BASE, told
from verdigris.core.errors import ConfigError, Refused
from verdigris.schema.catalog.difference import difference
from verdigris.schema.catalog.snapshot import read
from verdigris.schema.trace.listener import SCHEMA, install, remove
from verdigris.schema.trace.weigh import Hazard, weigh


@pytest.fixture
def copy(server):
    made = server.create()
    with made.connected() as connection:
        connection.execute(BASE)
    return made


def heard(copy, *statements, role=""):
    """What is heard when a tool sends these statements."""
    with copy.connected() as connection:
        listener = install(connection)
        with copy.connected(role) as tool:
            for statement in statements:
                tool.execute(statement)
        return listener.heard(connection)


def test_a_tools_transaction_is_heard_statement_by_statement(copy):
    found = heard(
        copy,
        "SELECT count(*) FROM users",
        "BEGIN",
        "ALTER TABLE users ADD nice int",
        "ALTER TABLE users ALTER age TYPE bigint",
        "CREATE INDEX i ON users (name)",
        "ALTER TABLE users RENAME age TO years",
        "COMMIT",
    )
    assert [
        ("ACCESS EXCLUSIVE", ""),
        ("ACCESS EXCLUSIVE", "rewrite scan"),
        ("ACCESS EXCLUSIVE", "scan"),
        ("ACCESS EXCLUSIVE", ""),
    ] == list(map(told, found))
    assert [None, Hazard.REWRITE, Hazard.SCAN, None] == [one.hazard for one in weigh(found)]
    assert [1] == sorted({len(list(one.touches)) for one in found})


def test_statements_outside_a_transaction_are_heard_too(copy):
    found = heard(
        copy, "CREATE INDEX CONCURRENTLY i ON users (name)", "ALTER TABLE users ADD CHECK (age > 0) NOT VALID"
    )
    assert [("SHARE UPDATE EXCLUSIVE", "scan"), ("ACCESS EXCLUSIVE", "")] == list(map(told, found))
    assert [0, 1] == [one.transaction for one in found]


def test_changes_of_rows_are_heard_though_nothing_hears_them_by_itself(copy):
    found = heard(copy, "UPDATE users SET age = 1", "DELETE FROM users WHERE id = 3", "TRUNCATE parents")
    assert [Hazard.ROWS, None, Hazard.EMPTIED] == [one.hazard for one in weigh(found)]
    assert ["UPDATE users SET age = 1", "DELETE FROM users WHERE id = 3", "TRUNCATE parents"] == [
        one.sql for one in found
    ]


def test_a_table_that_is_dropped_is_told_by_the_name_that_it_had(copy):
    (found,) = heard(copy, "DROP TABLE parents")
    assert ["parents"] == [touch.relation for touch in found.touches]


def test_what_is_rolled_back_is_not_heard(copy):
    assert () == heard(copy, "BEGIN", "ALTER TABLE users ADD nice int", "ROLLBACK")


def test_a_tool_that_is_no_superuser_is_heard(copy):
    with copy.connected() as connection:
        connection.execute(
            "DO $$ BEGIN CREATE ROLE verdigris_tool; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
            "GRANT ALL ON SCHEMA public TO verdigris_tool; ALTER TABLE users OWNER TO verdigris_tool"
        )
    found = heard(copy, "ALTER TABLE users ADD nice int", role="verdigris_tool")
    assert [("ACCESS EXCLUSIVE", "")] == list(map(told, found))


def test_what_was_put_there_is_taken_away(copy):
    with copy.connected() as connection:
        before = read(connection)
        install(connection)
        with pytest.raises(Refused, match=SCHEMA):
            install(connection)
        remove(connection)
        remove(connection)
        assert () == difference(before, read(connection))


def test_without_a_superuser_it_is_said_what_is_needed(copy):
    with copy.connected() as connection:
        connection.execute(
            "DO $$ BEGIN CREATE ROLE verdigris_nobody; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
    with copy.connected("verdigris_nobody") as connection, pytest.raises(ConfigError, match="superuser"):
        install(connection)
