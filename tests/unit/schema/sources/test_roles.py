import contextlib
from pathlib import Path

import psycopg
import pytest

from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.sources.roles import hand_over, keep, named, notes, prepare, url_of

ROLES = ("Shop app_blue", "Shop app_green", "Shop app", "admin", "other_blue", "other")
APP = "Shop app"
"""With a space and a capital, as nobody should, and some do."""


@pytest.fixture
def base(server):
    base = server.create()
    with base.connected() as connection:
        connection.execute(f'CREATE ROLE "{APP}" LOGIN; CREATE ROLE admin LOGIN CREATEROLE')
        connection.execute(f'GRANT "{APP}" TO admin WITH ADMIN OPTION; CREATE TABLE users (id int8)')
        connection.execute(f'ALTER TABLE users OWNER TO "{APP}"')
    yield base
    with base.connected() as connection:
        for role in ROLES:
            with contextlib.suppress(psycopg.errors.UndefinedObject):
                connection.execute(f'REASSIGN OWNED BY "{role}" TO verdigris; DROP OWNED BY "{role}" CASCADE')
        for role in ROLES:
            connection.execute(f'DROP ROLE IF EXISTS "{role}"')


@pytest.fixture(params=["verdigris", "admin"])
def connect(base, request):
    """As a superuser, and as somebody who may only make roles."""
    return lambda: _as(base, request.param)


@contextlib.contextmanager
def _as(base, user, **more):
    words = dict(base.where) | {"user": user, "dbname": base.name} | more
    with psycopg.connect(**words, autocommit=True) as connection:
        yield connection


def one(base, user, query):
    with _as(base, user) as connection:
        return connection.execute(query).fetchone()[0]


def test_a_role_of_a_slot_may_what_the_application_may(base, connect):
    login = prepare(connect, APP, "blue")
    assert "Shop app_blue" == login.role
    with _as(base, login.role) as connection:
        connection.execute("INSERT INTO users VALUES (1); ALTER TABLE users ADD name text")
        assert ("Shop app_blue", 1) == connection.execute("SELECT current_user, id FROM users").fetchone()


def test_it_can_be_repeated_and_the_password_is_another_one(base, connect):
    first, second = prepare(connect, APP, "blue"), prepare(connect, APP, "blue")
    assert (first.role, True) == (second.role, first.password != second.password)
    with base.connected() as connection:
        connection.execute('ALTER ROLE "Shop app_blue" NOLOGIN')
    prepare(connect, APP, "blue")
    assert one(base, "Shop app_blue", "SELECT true")


def test_the_password_is_the_one_and_the_server_has_only_what_verifies_it(base, connect):
    login = prepare(connect, APP, "blue")
    hba = Path(dict(base.where)["host"]) / "data" / "pg_hba.conf"
    before = hba.read_text()
    hba.write_text(f'local all "Shop app_blue" scram-sha-256\n{before}')
    try:
        with base.connected() as connection:
            secret = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", (login.role,))
            assert secret.fetchone()[0].startswith("SCRAM-SHA-256$4096:")
            connection.execute("SELECT pg_reload_conf()")

        def refused():
            with contextlib.suppress(psycopg.OperationalError), _as(base, login.role, password="wrong"):
                return False
            return True

        eventually_sync(refused, "the server to ask for a password")
        with _as(base, login.role, password=login.password) as connection:
            assert (True,) == connection.execute("SELECT true").fetchone()
    finally:
        hba.write_text(before)
        with base.connected() as connection:
            connection.execute("SELECT pg_reload_conf()")
        eventually_sync(lambda: not refused(), "the server to trust us again")


def test_the_password_is_in_no_text(connect):
    login = prepare(connect, APP, "blue")
    assert login.password not in repr(login)


def test_what_one_slot_creates_the_other_one_may_use(base, connect):
    for slot in ("blue", "green"):
        prepare(connect, APP, slot)
    with base.connected() as connection:
        connection.execute(f'GRANT CREATE ON SCHEMA public TO "{APP}"')
    with _as(base, "Shop app_blue") as connection:
        connection.execute("CREATE TABLE made (id serial)")
    assert 1 == one(base, "Shop app_green", "INSERT INTO made DEFAULT VALUES RETURNING id")
    with base.connected() as connection:
        hand_over(lambda: _as(base, "verdigris"), APP, "blue")
        owner = connection.execute("SELECT relowner::regrole::text FROM pg_class WHERE relname = 'made'")
        assert ('"Shop app"',) == owner.fetchone()


def test_settings_of_the_application_are_the_slots_as_well(base, connect):
    with base.connected() as connection:
        connection.execute(
            f'ALTER ROLE "{APP}" SET search_path TO "$user", "Odd, one", public; '
            f"ALTER ROLE \"{APP}\" SET statement_timeout TO '7s'; "
            f"ALTER ROLE \"{APP}\" SET shop.tenant TO 'it''s'; "
            f"ALTER ROLE \"{APP}\" IN DATABASE {base.name} SET statement_timeout TO '8s'; "
            f'ALTER ROLE "{APP}" CONNECTION LIMIT 17'
        )
    told = prepare(connect, APP, "blue").notes
    if told:
        with base.connected() as connection:
            connection.execute("ALTER ROLE \"Shop app_blue\" SET shop.tenant TO 'it''s'")
    expected = (
        "Shop app_blue has no shop.tenant, which Shop app has: only a superuser can set it, with ALTER ROLE"
    )
    assert told in ((), (expected,))
    with _as(base, "Shop app_blue") as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("search_path", "statement_timeout", "shop.tenant")
        ]
    assert ['"Shop app", "Odd, one", public', "8s", "it's"] == shown
    assert 17 == one(base, "verdigris", "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'Shop app_blue'")
    with base.connected() as connection:
        connection.execute(f'ALTER ROLE "{APP}" RESET ALL')
    prepare(connect, APP, "blue")
    assert "8s" == one(base, "Shop app_blue", "SHOW statement_timeout")
    assert '"$user", public' == one(base, "Shop app_blue", "SHOW search_path")


def test_the_schema_that_is_called_as_the_application_is_found(base, connect):
    with base.connected() as connection:
        connection.execute(f'CREATE SCHEMA "{APP}" AUTHORIZATION "{APP}"; CREATE TABLE "{APP}".mine (id int)')
        connection.execute(f'ALTER TABLE "{APP}".mine OWNER TO "{APP}"')
    prepare(connect, APP, "blue")
    assert 0 == one(base, "Shop app_blue", "SELECT count(*) FROM mine")


def test_a_superuser_is_no_application(base):
    with pytest.raises(Refused, match="verdigris is a superuser, whose rights no other role can inherit"):
        prepare(base.connected, "verdigris", "blue")


def test_a_role_of_somebody_else_is_left_alone(base, connect):
    with base.connected() as connection:
        connection.execute("CREATE ROLE other; CREATE ROLE other_blue LOGIN")
        connection.execute("GRANT other TO admin WITH ADMIN OPTION")
    with pytest.raises(Refused, match="there is a role other_blue already, and it is not a member of other"):
        prepare(connect, "other", "blue")


def test_who_may_not_make_roles_is_told(base):
    with pytest.raises(ActionError, match="the role Shop app_blue could not be prepared: 42501"):
        prepare(lambda: _as(base, APP), APP, "blue")
    assert not one(base, "verdigris", "SELECT count(*) FROM pg_roles WHERE rolname = 'Shop app_blue'")


def test_an_application_that_is_not_there_is_told(base, connect):
    with pytest.raises(ConfigError, match="there is no role missing in the database"):
        prepare(connect, "missing", "blue")


@pytest.mark.parametrize("app", ["", "a" * 60, "ü" * 30, "a\0"])
def test_a_name_that_postgresql_would_cut_is_none(app):
    with pytest.raises(ConfigError, match="is no name for a role of a slot"):
        named(app, "green")


def test_what_asks_who_it_is_will_hear_another_name(base):
    with base.connected() as connection:
        connection.execute(
            "ALTER TABLE users ADD who name DEFAULT current_user; "
            "CREATE POLICY own ON users USING (who = current_user); CREATE POLICY all_of_it ON users USING (true)"
        )
    assert [True, True] == [
        words.startswith(start)
        for words, start in zip(
            notes(base.connected, APP),
            ("policy own of users asks", "the default of users.who asks"),
            strict=True,
        )
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://app:old@db:5433/shop?sslmode=require", "postgresql://Shop%20app_blue:{}@db:5433/shop?sslmode=require"),
        ("postgresql://db/shop", "postgresql://Shop%20app_blue:{}@db/shop"),
        ("postgresql+psycopg://app@/shop?host=/run", "postgresql+psycopg://Shop%20app_blue:{}@/shop?host=/run"),
    ],
)  # fmt: skip
def test_the_url_of_a_slot_has_its_login(base, connect, url, expected):
    login = prepare(connect, APP, "blue")
    assert expected.format(login.password) == url_of(url, login)


def test_a_url_is_kept_in_a_file_of_its_own(tmp_path):
    path = tmp_path / "blue.url"
    assert f"file:{path}" == keep(path, "postgresql://a:secret@db/shop")
    assert ("postgresql://a:secret@db/shop", 0o600) == (path.read_text(), path.stat().st_mode & 0o777)
