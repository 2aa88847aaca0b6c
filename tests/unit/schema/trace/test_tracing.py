"""From a schema and a migration to the trace, with nothing left behind."""

import pytest

from tests.unit.schema.trace.copies import BASE
from verdigris.core.errors import ConfigError
from verdigris.schema import parsing
from verdigris.schema.script import Script
from verdigris.schema.shadow.production import Size
from verdigris.schema.trace.tracing import named, trace


def databases(server):
    with server.create().connected() as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}


def script(sql):
    return [(Script("m.sql", parsing.split(sql)), ())]


def test_the_trace_has_every_statement_and_leaves_no_database(server):
    before = databases(server)
    (found,) = trace(
        server, BASE, "base.sql", script("ALTER TABLE users ADD a int; CREATE INDEX ON users (name)")
    )
    assert (1, server.major) == (found.hazards, found.major)
    assert len(databases(server) - before) == 1  # the one that was made to look


def test_a_migration_that_fails_leaves_no_database_either(server):
    before = databases(server)
    with pytest.raises(ConfigError, match="statement 1"):
        trace(server, BASE, "base.sql", script("ALTER TABLE nobody ADD a int"))
    assert len(databases(server) - before) == 1


def test_a_migration_finds_what_the_one_before_it_has_made(server):
    migrations = [*script("CREATE TABLE new (a int)"), *script("CREATE INDEX ON new (a)")]
    first, second = trace(server, BASE, "base.sql", migrations)
    assert (0, 1) == (first.hazards, second.hazards)


def test_a_schema_that_the_server_does_not_accept_is_told_with_its_line(server):
    with pytest.raises(ConfigError, match=r"base.sql: line 2"):
        trace(server, "CREATE TABLE t ();\nCREATE TABLE t (a nothing)", "base.sql", script("SELECT 1"))


def test_a_materialized_view_that_a_dump_leaves_empty_can_be_refreshed_concurrently(server):
    base = BASE.replace("GROUP BY size;", "GROUP BY size WITH NO DATA;")
    (found,) = trace(server, base, "base.sql", script("REFRESH MATERIALIZED VIEW CONCURRENTLY sizes"))
    assert 0 == found.hazards


def test_sizes_of_production_are_known_by_the_names_of_a_trace(server):
    sizes = named({"public.users": Size(1, 1.0, 8192), '"Billing"."Order Lines"': Size(1, 1.0, 16384)})
    assert {"users": 8192, '"Billing"."Order Lines"': 16384} == sizes
    (found,) = trace(server, BASE, "base.sql", script("CREATE INDEX ON users (name)"), sizes=sizes)
    assert (0, True) == (found.hazards, found.statements[0].warning is not None)
