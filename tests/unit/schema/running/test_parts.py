import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.running.parts import Part, by_itself, parts_of
from verdigris.schema.script import Script

CIC = "CREATE INDEX CONCURRENTLY i ON t (a)"


@pytest.mark.parametrize(
    "statement",
    [
        CIC,
        "create unique index concurrently if not exists i on t (a)",
        "DROP INDEX CONCURRENTLY i",
        "REINDEX (VERBOSE) TABLE CONCURRENTLY t",
        "ALTER TABLE t DETACH PARTITION p CONCURRENTLY",
        "-- now\nVACUUM t",
        "ALTER SYSTEM SET a = 1",
    ],
)
def test_some_statements_are_run_outside_of_transactions(statement):
    assert by_itself(statement)


@pytest.mark.parametrize(
    "statement", ["CREATE INDEX i ON t (a)", "REFRESH MATERIALIZED VIEW CONCURRENTLY v", ""]
)
def test_others_are_not(statement):
    assert not by_itself(statement)


def test_a_script_is_one_transaction_but_for_them():
    script = Script("1", ("A", "B", CIC, "-- nothing", "C"))
    assert (Part(1, ("A", "B")), Part(3, (CIC,), alone=True), Part(5, ("C",))) == parts_of(script)
    assert (1, 2) == (parts_of(script)[0].first, parts_of(script)[0].last)


def test_where_it_asks_to_be_run_outside_each_statement_is_a_part():
    assert (Part(1, ("A",)), Part(2, ("B",))) == parts_of(Script("1", ("A", "B"), alone=True))


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE t SET a = 1\0 WHERE b = 2", "1: statement 2: there is a NUL"),
        ("SELECT '\udcff'", "1: statement 2: there is a NUL, or something that is no UTF-8"),
        ("COPY t (a, b) FROM STDIN", "1: statement 2: a script has no rows to COPY"),
    ],
)
def test_what_would_reach_the_server_by_half_is_refused(statement, why):
    with pytest.raises(ConfigError, match=why):
        parts_of(Script("1", ("A", statement)))
    assert parts_of(Script("1", ("COPY t FROM PROGRAM 'STDIN'", "COPY t (stdin) FROM 'file'")))


def test_an_empty_script_has_none():
    assert () == parts_of(Script("1", ("", ";", "-- only\n/* words */")))


def test_its_own_transaction_around_everything_is_taken_off():
    assert (Part(2, ("A",)),) == parts_of(Script("1", ("START TRANSACTION", "A", "END")))
    assert (Part(1, ("PREPARE a AS SELECT 1",)),) == parts_of(Script("1", ("PREPARE a AS SELECT 1",)))
    with_savepoints = ("SAVEPOINT a", "A", "ROLLBACK TO SAVEPOINT a", "RELEASE a")
    assert (Part(1, with_savepoints),) == parts_of(Script("1", with_savepoints))
    with pytest.raises(ConfigError, match="1: statement 1 is BEGIN"):
        parts_of(Script("1", ("BEGIN", "A")))
    with pytest.raises(ConfigError, match="statement 1 is PREPARE"):
        parts_of(Script("1", ("PREPARE TRANSACTION 'a'",)))
