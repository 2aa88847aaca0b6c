import pytest

from verdigris.core.errors import Refused
from verdigris.schema.running.indexes import Concurrent, clear, concurrent, progress, state
from verdigris.schema.running.words import Name


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("CREATE INDEX CONCURRENTLY I ON T (a)", Concurrent("create", Name("", "i"), Name("", "t"))),
        (
            'create unique index concurrently if not exists "I x" on only s."T" using btree (a)',
            Concurrent("create", Name("", "I x"), Name("s", "T")),
        ),
        ("DROP INDEX CONCURRENTLY IF EXISTS s.i", Concurrent("drop", Name("s", "i"))),
        ("REINDEX INDEX CONCURRENTLY s.i", Concurrent("reindex", Name("s", "i"))),
        ("CREATE INDEX i ON t (a)", None),
        ("VACUUM t", None),
    ],
)
def test_what_an_index_statement_is_about_is_read(statement, what):
    assert what == concurrent(statement)


def test_only_what_is_invalid_is_dropped(production):
    production.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)", "CREATE INDEX i ON t (a)")
    with production.connect() as connection:
        assert () == clear(connection, concurrent("CREATE INDEX CONCURRENTLY i ON t (a)"))
        unique = "CREATE UNIQUE INDEX CONCURRENTLY u ON t (a)"
        with pytest.raises(Exception, match="could not create unique index"):
            connection.execute(unique)
        assert not state(connection, concurrent(unique)).valid
        assert ("public.u",) == clear(connection, concurrent(unique))
        assert state(connection, concurrent(unique)) is None
        assert "" == progress(connection, connection.info.backend_pid)


def test_what_a_broken_reindex_left_is_dropped_too(production):
    production.run("CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (1)")
    with production.connect() as connection:
        with pytest.raises(Exception, match="could not create unique index"):
            connection.execute('CREATE UNIQUE INDEX CONCURRENTLY "u_ccnew" ON t (a)')
        assert ("public.u_ccnew",) == clear(connection, concurrent("REINDEX TABLE CONCURRENTLY t"))


def test_an_index_that_somebody_builds_is_left_to_him(production):
    production.run("CREATE TABLE t (a int)")
    writer = production.session()
    writer.execute("BEGIN")
    writer.execute("INSERT INTO t VALUES (1)")
    building = production.in_background("CREATE INDEX CONCURRENTLY i ON t (a)")
    with (
        production.connect() as connection,
        pytest.raises(Refused, match="public.i is being built right now by pid"),
    ):
        clear(connection, concurrent("CREATE INDEX CONCURRENTLY i ON t (a)"))
    writer.execute("COMMIT")
    building.join()
    assert production.one("SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass")
