"""What a server says of a statement that it only parses."""

import pytest

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.parsed import LONGEST, Parsed, parsed
from verdigris.schema.proof.signature import Column

WRONG = {
    "SELECT nothing FROM customers": "42703",
    "SELECT id FROM nowhere": "42P01",
    "SELECT nope(1)": "42883",
    "SELEC 1": "42601",
    "SELECT 1; SELECT 2": "42601",
    "SELECT id FROM customers, orders": "42702",
    "SELECT $1": "",
    'SELECT "Straße ""x""" FROM customers': "42703",
}


@pytest.fixture
def ask(server):
    with shop(server).connected() as connection:
        yield lambda *statements: parsed(
            connection, [s if isinstance(s, tuple) else (s, ()) for s in statements]
        )


def test_columns_have_names_and_types_with_their_modifiers(ask):
    (found,) = ask("SELECT id, name, score, tags, now() AS at FROM customers WHERE id = $1 AND email = $2")
    assert found == Parsed(
        None,
        ("bigint", "text"),
        (
            Column("id", "bigint"), Column("name", "character varying(80)"), Column("score", "numeric(8,2)"),
            Column("tags", "text[]"), Column("at", "timestamp with time zone"),
        ),
    )  # fmt: skip


def test_each_statement_stands_by_itself(ask):
    found = ask(*WRONG)
    assert list(WRONG.values()) == [each.fault.sqlstate if each.fault else "" for each in found]


def test_the_place_of_the_complaint_is_told(ask):
    (found,) = ask("SELECT id, nothing FROM customers")
    assert (12, 'column "nothing" does not exist') == (found.fault.position, found.fault.message)


def test_declared_types_hold(ask):
    plain, declared, unknown = ask("SELECT $1", ("SELECT $1", ("integer",)), ("SELECT $1", ("no such type",)))
    assert ("text",) == plain.parameters
    assert ("integer",) == declared.parameters
    assert ("42704", 'type "no such type" does not exist') == (unknown.fault.sqlstate, unknown.fault.message)


def test_what_cannot_be_sent_has_a_fault_of_its_own(ask):
    found = ask("SELECT 'a\0b'", "SELECT '\ud800'", "SELECT 1" + " " * LONGEST, "SELECT 1")
    assert ["22021", "22021", "54000", None] == [each.fault and each.fault.sqlstate for each in found]


def test_nothing_is_executed(ask, server):
    ask("DELETE FROM customers", "DROP TABLE customers")
    (found,) = ask("SELECT id FROM customers")
    assert found.fault is None


def test_many_are_asked_at_once(ask):
    found = ask(
        *(f"SELECT id, {n} FROM customers WHERE id = $1" if n % 7 else "SELECT x" for n in range(1000))
    )
    assert [not n % 7 for n in range(1000)] == [each.fault is not None for each in found]
