"""Whom the application is where nobody says so."""

from dataclasses import replace

import pytest

from verdigris.schema.proof.assumed import assumed
from verdigris.schema.statement import Statement

READ = Statement("SELECT total FROM orders")


@pytest.fixture
def base(server):
    base = server.create()
    with base.connected() as connection:
        for role in ("assumed_app", "assumed_reports", "assumed_jobs"):
            connection.execute(f"DROP ROLE IF EXISTS {role}")
            connection.execute(f"CREATE ROLE {role}")
        connection.execute("CREATE TABLE orders (total int); CREATE TABLE audit (at int)")
        connection.execute("GRANT SELECT ON orders, audit TO assumed_reports")
    yield base
    with base.connected() as connection:
        connection.execute("DROP OWNED BY assumed_app, assumed_reports, assumed_jobs")


def grant(base, words):
    with base.connected() as connection:
        connection.execute(words)


def test_it_is_the_only_role_that_may_write(base):
    grant(base, "GRANT SELECT, INSERT ON orders TO assumed_app")
    found, notes = assumed(base, "base.sql", [READ])
    assert "assumed_app" == found.role
    assert (
        "no role was named: statements ran as assumed_app, the only one that base.sql lets write",
    ) == notes


def test_where_nobody_or_several_may_nobody_is(base):
    assert (base, ()) == assumed(base, "base.sql", [READ])
    grant(base, "GRANT SELECT, INSERT ON orders TO assumed_app, assumed_jobs")
    assert (base, ()) == assumed(base, "base.sql", [READ])


def test_who_may_not_do_what_is_sent_is_not_the_application(base):
    grant(base, "GRANT SELECT, INSERT ON audit TO assumed_app")
    assert (base, ()) == assumed(base, "base.sql", [READ])


def test_on_a_server_that_was_given_nobody_is_assumed(base):
    grant(base, "GRANT SELECT, INSERT ON orders TO assumed_app")
    given = replace(base, own=False)
    assert (given, ()) == assumed(given, "base.sql", [READ])
