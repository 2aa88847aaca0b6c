"""A server that the user gives: production is refused, and so is what may be it."""

from dataclasses import replace

import pytest

from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.given import OURS, given
from verdigris.schema.shadow.production import Production, look


def names(server):
    with Database(server.where, "postgres").connected() as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}


@pytest.fixture
def production(server, server15, server18):
    """The other server, looked at."""
    other = server18 if server is server15 else server15
    yield look(other.create().url())
    other.clear()


def test_shadows_are_made_on_it_and_nothing_is_left(server, production):
    url = server.create().url()
    before = names(server)
    with given(url, production) as shadow:
        base = shadow.create()
        with base.connected() as connection:
            connection.execute("CREATE TABLE t ()")
        with shadow.copy(base) as copy, copy.connected() as connection:
            assert [] == connection.execute("SELECT * FROM t").fetchall()
        assert not base.own
    assert before == names(server)


def test_an_error_leaves_nothing_either(server, production):
    url = server.create().url()
    before = names(server)
    with pytest.raises(ZeroDivisionError), given(url, production) as shadow:
        shadow.create()
        raise ZeroDivisionError
    assert before == names(server)


def test_another_version_is_noted(server, production):
    with given(server.create().url(), production) as shadow:
        [note] = shadow.notes
        assert f"the shadow is PostgreSQL {server.major}, production is {production.major}: where" in note
    with given(server.create().url(), replace(production, version=server.version)) as shadow:
        assert () == shadow.notes


def test_production_itself_is_refused(server):
    url = server.create().url()
    with pytest.raises(Refused, match="is production's own server"), given(url, look(url)):
        pass


def test_another_database_of_productions_server_is_refused(server):
    with (
        pytest.raises(Refused, match="is production's own server"),
        given(server.create().url(), look(server.create().url())),
    ):
        pass


def test_what_cannot_be_told_from_production_is_refused(server, production):
    url = server.create().url()
    with (
        pytest.raises(Refused, match="because production does not say who it is"),
        given(url, Production(None, 1, "x")),
    ):
        pass
    with Database(server.where, "postgres").connected() as connection:
        connection.execute("CREATE ROLE plain LOGIN CREATEDB")
    database = url.rpartition("?")[0].rpartition("/")[2]
    with Database(server.where, database).connected() as connection:
        connection.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
    try:
        with (
            pytest.raises(Refused, match=r"because it does not say who it is. GRANT EXECUTE ON FUNCTION"),
            given(url.replace("verdigris@", "plain@"), production),
        ):
            pass
    finally:
        with Database(server.where, "postgres").connected() as connection:
            connection.execute("DROP ROLE plain")


@pytest.mark.parametrize(
    "words",
    [
        'CREATE TABLE "My orders" ()',
        "CREATE VIEW v AS SELECT 1",
        "CREATE SEQUENCE s",
        "CREATE SCHEMA s CREATE TABLE t ()",
    ],
)
def test_a_database_with_something_in_it_is_refused(server, words):
    database = server.create()
    with database.connected() as connection:
        connection.execute(words)
    with (
        pytest.raises(Refused, match="is not empty, .* is in it: name an empty database"),
        given(database.url()),
    ):
        pass


def test_an_extension_is_nothing(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
    with given(database.url()) as shadow:
        shadow.create()


def test_one_who_may_not_make_databases_is_told_what_to_grant(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute('CREATE ROLE "Plain" LOGIN')
    try:
        with (
            pytest.raises(
                Refused, match='its user may not make databases: ALTER ROLE "Plain" CREATEDB there'
            ),
            given(database.url().replace("verdigris@", "Plain@")),
        ):
            pass
    finally:
        with database.connected() as connection:
            connection.execute('DROP ROLE "Plain"')


def test_nobody_there_is_a_sentence_without_the_password():
    url = "postgresql://ann:s3cret@127.0.0.1:1/shop"
    with (
        pytest.raises(ActionError, match="the shadow at ann@127.0.0.1:1/shop: connection") as caught,
        given(url),
    ):
        pass
    assert "s3cret" not in str(caught.value)


def test_what_is_no_url_is_refused():
    with pytest.raises(ConfigError), given("mysql://x"):
        pass


def left_by(server, token, number=1):
    name = f"verdigris_shadow_{token}_{number}"
    with Database(server.where, "postgres").connected() as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return name


def test_what_a_killed_run_left_is_dropped(server):
    name = left_by(server, "deadbeef")
    with given(server.create().url()):
        assert name not in names(server)


def test_what_a_run_still_has_is_left_alone(server):
    url = server.create().url()
    with given(url) as one:
        base = one.create()
        with given(url):
            pass
        assert base.name in names(server)


def test_what_is_used_or_called_otherwise_or_somebodys_is_left_alone(server):
    used, held, other, theirs = (
        left_by(server, token) for token in ("00000001", "ffffffff", "nix", "00000002")
    )
    house = Database(server.where, "postgres")
    with house.connected() as connection, Database(server.where, used).connected():
        connection.execute("SELECT pg_advisory_lock(%s, -1)", (OURS,))
        connection.execute(f"CREATE ROLE somebody; ALTER DATABASE {theirs} OWNER TO somebody")
        with given(server.create().url()):
            assert {used, held, other, theirs} <= names(server)
    with house.connected() as connection:
        for name in (used, held, other, theirs):
            connection.execute(f"DROP DATABASE {name}")
        connection.execute("DROP ROLE somebody")
