"""What is executed, and that nothing of it stays."""

import pytest

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.signature import Fault, Signature
from verdigris.schema.proof.trying import RUNS, Try, acting, executed, runnable, tries
from verdigris.schema.statement import Statement

TAKEN_BACK = [
    "SELECT 1", "  /* a */ -- b\n INSERT INTO x VALUES (1)", "(SELECT 1)", "SET search_path TO care",
    "WITH x AS (SELECT 1) TABLE x", "UPDATE x SET role = 1", "LOCK TABLE x", "DECLARE c CURSOR FOR SELECT 1",
]  # fmt: skip
NOT_TAKEN_BACK = [
    "", "  ", "-- only a comment", "/* open", "BEGIN", "commit;", "COMMIT AND CHAIN", "Rollback to savepoint a",
    "/* x */ END", "SAVEPOINT a", "RELEASE a", "START TRANSACTION", "ABORT", "COPY x FROM STDIN", "VACUUM",
    "PREPARE TRANSACTION 'x'",
    "DISCARD ALL", "SET ROLE postgres", "SET SESSION AUTHORIZATION postgres", "RESET ALL",
    "SET LOCAL statement_timeout = 0",
]  # fmt: skip


@pytest.mark.parametrize("sql", TAKEN_BACK)
def test_what_can_be_taken_back_is_executed(sql):
    assert runnable(sql)


@pytest.mark.parametrize("sql", NOT_TAKEN_BACK)
def test_what_cannot_be_taken_back_is_not(sql):
    assert not runnable(sql)


def test_a_statement_is_tried_a_bounded_number_of_times():
    runs = tuple((str(n),) for n in range(RUNS + 3))
    assert RUNS == len(tries([Statement("SELECT $1", runs)]))
    assert [()] == [each.parameters for each in tries([Statement("SELECT 1")])]
    assert [] == tries([Statement("SELECT $1")])


def test_what_never_worked_is_not_tried():
    assert [] == tries([Statement("SELECT x")], [Signature("SELECT x", fault=Fault("42703", "no x"))])
    assert [] == tries([Statement("SELECT x")], [Signature("SELECT x", reason="no SQL")])


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_text_that_no_server_can_read_is_not_sent(text):
    assert [] == tries([Statement("SELECT $1", ((text,),))])
    assert [] == tries([Statement(f"SELECT '{text}'")])


def test_nothing_stays_and_each_stands_by_itself(server):
    database = shop(server)
    with acting(database, "") as connection:
        found = executed(
            connection,
            [
                Try(0, "INSERT INTO customers (name) VALUES ($1)", ("text",), ("a",)),
                Try(1, "INSERT INTO customers (name) VALUES ($1::int / 0)", (), ("1",)),
                Try(2, "INSERT INTO nowhere VALUES (1)", (), ()),
                Try(3, "SET search_path TO nowhere", (), ()),
                Try(4, "SELECT count(*) FROM customers", ("nobody knows this type",), ()),
            ],
        )
        assert [None, "22012", "42P01", None, None] == [fault.sqlstate if fault else None for fault in found]
        assert (0,) == connection.execute("SELECT count(*) FROM customers").fetchone()


def test_parameters_are_in_no_text_of_a_try():
    assert "ada" not in repr(Try(0, "SELECT $1", (), ("ada",)))


def test_it_acts_as_the_role_that_is_named(server18):
    database = shop(server18, 'DROP ROLE IF EXISTS "An App"', 'CREATE ROLE "An App"')
    with acting(database, "An App") as connection:
        (fault,) = executed(connection, [Try(0, "SELECT 1 FROM customers", (), ())])
    assert "42501" == fault.sqlstate
    with database.connected() as connection:
        connection.execute('DROP ROLE "An App"')
