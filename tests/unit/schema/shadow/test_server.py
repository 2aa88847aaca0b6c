"""Databases are made on a server, copied and dropped; production's ways of text and time are taken over."""

from dataclasses import replace

import pytest

from verdigris.core.errors import ActionError
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.production import Locale, Production
from verdigris.schema.shadow.server import PREFIX, Server

SETTINGS = (
    ("TimeZone", "Asia/Kolkata"),
    ("standard_conforming_strings", "off"),
    ("search_path", '"$user", shop, public'),
)
PRODUCTION = Production(1, 150_000, "shop", settings=SETTINGS)


@pytest.fixture
def like(server):
    """A server for shadows of some production."""
    made = []

    def make(production=PRODUCTION):
        made.append(Server(server.where, server.version, like=production, prefix=f"{PREFIX}like_"))
        return made[-1]

    yield make
    for shadow in made:
        shadow.clear()


def asked(database, words, role=""):
    with database.connected(role) as connection:
        return connection.execute(words).fetchone()[0]


def names(server):
    with Database(server.where, "postgres").connected() as connection:
        return {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}


def test_a_copy_has_what_the_first_has_and_goes_its_own_way(server):
    base = server.create()
    with base.connected() as connection:
        connection.execute("CREATE TABLE t (i int); INSERT INTO t VALUES (1)")
    with server.copy(base) as copy:
        with copy.connected() as connection:
            connection.execute("DROP TABLE t")
        assert 1 == asked(base, "SELECT i FROM t")
    assert copy.name not in names(server)


def test_a_copy_that_somebody_is_connected_to_is_dropped_all_the_same(server):
    copy = server.create()
    with pytest.raises(ActionError, match="terminating"), copy.connected() as connection:
        server.drop(copy)
        connection.execute("SELECT 1")
    assert copy.name not in names(server)


def test_one_that_somebody_is_connected_to_is_not_copied(server):
    base = server.create()
    with (
        base.connected(),
        pytest.raises(ActionError, match=f"{base.name} cannot be copied while somebody is connected"),
    ):
        server.create(base)


def test_all_that_was_made_is_cleared_and_nothing_else(server):
    made = {server.create().name, server.create().name}
    server.drop(Database(server.where, "postgres"))
    server.clear()
    assert {"postgres", "template0", "template1"} <= names(server)
    assert set() == made & names(server)


def test_settings_that_change_what_statements_mean_are_those_of_production(like):
    shadow = like()
    base = shadow.create()
    with shadow.copy(base) as copy:
        for database in (base, copy):
            assert "Asia/Kolkata" == asked(database, "SHOW TimeZone")
            assert "off" == asked(database, "SHOW standard_conforming_strings")
            assert '"$user", shop, public' == asked(database, "SHOW search_path")
    assert () == shadow.notes


def test_a_setting_that_the_shadow_has_not_is_noted_once(like):
    shadow = like(replace(PRODUCTION, settings=(("TimeZone", "Mars/Olympus"), ("nix.da", "1"), ("nix", "1"))))
    shadow.create(shadow.create())
    assert 2 == len(shadow.notes)
    assert shadow.notes[0].startswith(
        "production has TimeZone = Mars/Olympus, and the shadow does not: invalid value"
    )


@pytest.mark.parametrize("encoding", ["UTF8", "LATIN1", "SQL_ASCII"])
def test_text_is_kept_as_in_production(like, encoding):
    shadow = like(Production(1, 150_000, "shop", locale=Locale(encoding, "C", "C")))
    assert encoding == asked(shadow.create(), "SHOW server_encoding")
    assert () == shadow.notes


def test_an_order_of_text_that_the_shadow_has_not_is_noted(like):
    shadow = like(Production(1, 150_000, "shop", locale=Locale("UTF8", "xx_XX.UTF-8", "xx_XX.UTF-8")))
    assert "C" == asked(
        shadow.create(), "SELECT datcollate FROM pg_database WHERE datname = current_database()"
    )
    assert shadow.notes[0].startswith("production orders text by xx_XX.UTF-8, the shadow by its bytes")


def test_an_order_of_icu_is_taken_over_or_noted(like):
    locale = Locale("UTF8", "C", "C", "i", "de-DE")
    shadow = like(Production(1, 150_000, "shop", locale=locale))
    provider = asked(
        shadow.create(), "SELECT datlocprovider FROM pg_database WHERE datname = current_database()"
    )
    assert ("i" == provider) is (shadow.notes == ())


def test_an_encoding_that_is_none_is_refused(like):
    shadow = like(Production(1, 150_000, "shop", locale=Locale("KLINGON")))
    with pytest.raises(ActionError):
        shadow.create()


def test_its_major_version_is_its_own(server15, server18):
    assert (15, 18) == (server15.major, server18.major)
