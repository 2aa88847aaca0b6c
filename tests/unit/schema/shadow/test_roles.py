"""The application's role in the shadow is what it is in production."""

from dataclasses import replace

import psycopg
import pytest

from verdigris.schema.shadow.roles import Role, act, role_of


@pytest.fixture
def roles(server):
    """Roles of a production: an application whose slots have each their own."""
    words = (
        "CREATE ROLE shop_all; CREATE ROLE shop; GRANT shop_all TO shop; CREATE ROLE shop_blue LOGIN; "
        "GRANT shop TO shop_blue; ALTER ROLE shop_blue SET search_path TO shop, public; "
        "ALTER ROLE shop_blue SET work_mem TO '8MB'"
    )
    database = server.create()
    with database.connected() as connection:
        connection.execute(words)
    yield database
    server.clear()
    with replace(database, name="postgres").connected() as connection:
        connection.execute("DROP ROLE IF EXISTS shop_blue, shop, shop_all, new")


def test_production_says_what_a_role_is(roles):
    found = role_of(roles.url(), "shop_blue")
    assert Role("shop_blue", False, True, False, ("shop", "shop_all"), found.settings) == found
    assert "search_path=shop, public" in found.settings


def test_a_role_that_production_has_not_is_none(roles):
    assert role_of(roles.url(), 'no "one') is None


def test_it_acts_with_the_settings_that_it_has_when_it_connects(server, roles):
    database, notes = act(server.create(), role_of(roles.url(), "shop_blue"))
    assert () == notes
    with database.connected(database.role) as connection:
        assert ("shop_blue",) == connection.execute("SELECT current_user").fetchone()
        assert ("shop, public",) == connection.execute("SHOW search_path").fetchone()
        assert ("8MB",) != connection.execute("SHOW work_mem").fetchone()


def test_a_role_that_is_made_may_what_its_groups_may_and_no_more(server, roles):
    database, notes = act(server.create(), Role("new", member_of=("shop",)))
    assert () == notes
    with database.connected() as connection:
        connection.execute("CREATE TABLE yes (); GRANT SELECT ON yes TO shop; CREATE TABLE no ()")
        assert (False,) == connection.execute(
            "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'new'"
        ).fetchone()
    with database.connected("new") as connection:
        connection.execute("SELECT FROM yes")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT FROM no")


def test_rights_that_postgresql_itself_has_a_role_for_are_rights(server, roles):
    with roles.connected() as connection:
        connection.execute("GRANT pg_read_all_settings TO shop_blue")
    found = role_of(roles.url(), "shop_blue")
    assert ("pg_read_all_settings", "shop", "shop_all") == found.member_of
    database, _ = act(server.create(), replace(found, name="new", member_of=(*found.member_of, "pg_nix")))
    with database.connected("new") as connection:
        assert (True,) == connection.execute("SELECT pg_has_role('pg_read_all_settings', 'USAGE')").fetchone()


def test_one_who_is_called_as_the_shadows_owner_is_noted(server, roles):
    database, notes = act(server.create(), Role("verdigris"))
    assert "" == database.role
    assert (
        "the shadow belongs to verdigris, as the application's role is called: permissions are not proven",
    ) == notes
    server.create()


def test_a_copy_is_of_the_same_role(server, roles):
    database, _ = act(server.create(), Role("new"))
    with server.copy(database) as copy:
        assert "new" == copy.role


def test_a_superuser_is_noted(server, roles):
    _, notes = act(server.create(), Role("new", superuser=True))
    assert ("new is a superuser in production: whatever is granted, it may",) == notes


def test_on_a_server_of_somebodys_no_role_is_made(server, roles):
    database, notes = act(replace(server.create(), own=False), Role("new"))
    assert "" == database.role
    assert notes[0].startswith("the shadow's server has no role new, and none is made on a server of yours")
    with database.connected() as connection:
        assert [] == connection.execute("SELECT FROM pg_roles WHERE rolname = 'new'").fetchall()


def test_on_a_server_of_somebodys_a_role_that_may_be_taken_is_taken(server, roles):
    database, notes = act(replace(server.create(), own=False), Role("shop"))
    assert ("shop", ()) == (database.role, notes)


def test_on_a_server_of_somebodys_a_role_that_may_not_be_taken_is_noted(server, roles):
    plain = replace(server.create(), own=False)
    plain = replace(plain, where=tuple((dict(plain.where) | {"user": "shop_blue"}).items()))
    with roles.connected() as connection:
        connection.execute("CREATE ROLE new")
    database, notes = act(plain, Role("new"))
    assert "" == database.role
    assert notes[0].startswith("the shadow's user may not act as new")
