import pytest

from verdigris.core.errors import Refused
from verdigris.schema.running import journal


def test_without_a_journal_nothing_was_done(production):
    with production.connect() as connection:
        assert () == journal.steps(connection)


def test_what_is_begun_is_unfinished_until_it_is_finished(production):
    with production.connect() as connection:
        for _ in range(2):
            journal.prepare(connection)
        journal.begin(connection, "1", 1, 2, "x")
        assert [None] == [step.finished for step in journal.steps(connection, "1")]
        for _ in range(2):
            journal.finish(connection, "1", 1, 2, "x")
        assert [True] == [step.finished >= step.started for step in journal.steps(connection)]
        assert () == journal.steps(connection, "2")


def test_a_note_goes_with_the_transaction_that_it_is_of(production):
    with production.connect() as connection:
        journal.prepare(connection)
        connection.execute("BEGIN")
        journal.finish(connection, "1", 1, 1, "x")
        connection.execute("ROLLBACK")
        assert () == journal.steps(connection)


def test_a_role_that_may_not_make_the_schema_is_told_what_to_ask_for(production):
    production.run("CREATE ROLE clerk LOGIN")
    try:
        with production.session_of("clerk") as connection:
            with pytest.raises(Refused, match='CREATE SCHEMA verdigris_schema AUTHORIZATION "clerk"'):
                journal.prepare(connection)
            production.run('CREATE SCHEMA verdigris_schema AUTHORIZATION "clerk"')
            journal.prepare(connection)
            assert () == journal.steps(connection)
    finally:
        production.run("DROP OWNED BY clerk", "DROP ROLE clerk")


def test_a_fingerprint_is_of_the_statements_and_of_where_they_part():
    assert journal.fingerprint(["a", "b"]) != journal.fingerprint(["ab"])
    assert journal.fingerprint(["a\r\nb "]) == journal.fingerprint(["a\nb"])
