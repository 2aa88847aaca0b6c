"""What a server says of a statement that it plans, and does not run."""

import pytest

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.pipeline import quietly
from verdigris.schema.proof.planned import AT_ONCE, planned

UPSERT = "INSERT INTO customers (email, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING"


@pytest.fixture
def connection(server):
    with shop(server).connected() as connection:
        quietly(connection)
        yield connection


def states(connection, *statements):
    faults = planned(connection, [(sql, ()) for sql, _ in statements], [count for _, count in statements])
    return [fault.sqlstate if fault else "" for fault in faults]


def test_a_conflict_target_without_an_index_is_found(connection):
    assert ["42P10", ""] == states(connection, (UPSERT, 2), (UPSERT.replace("(name) DO", "(email) DO"), 2))


def test_rights_that_are_missing_are_found(server):
    database = shop(
        server, "DROP ROLE IF EXISTS reader; CREATE ROLE reader; GRANT SELECT ON customers TO reader"
    )
    with database.connected("reader") as connection:
        found = states(
            connection,
            ("SELECT id FROM customers", 0),
            ("DELETE FROM customers", 0),
            ("SELECT id FROM orders", 0),
        )
    assert ["", "42501", "42501"] == found
    with database.connected() as connection:
        connection.execute("DROP OWNED BY reader; DROP ROLE reader")


def test_nothing_is_executed_nor_could_be(connection):
    assert [""] == states(connection, ("INSERT INTO events (kind) VALUES ('x')", 0))
    assert (0,) == connection.execute("SELECT count(*) FROM events").fetchone()


def test_more_than_a_connection_holds_are_planned(connection):
    asked = [(f"SELECT {n}", 0) for n in range(AT_ONCE + 3)]
    assert [""] * len(asked) == states(connection, *asked)
