"""Production's schema in a shadow: what it has not is noted, what is wrong is an error with line and statement."""

from dataclasses import replace

import pytest

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.shadow.base import MOST, load, read

DUMP = r"""--
-- PostgreSQL database dump
--

\restrict abcdef

SET statement_timeout = 0;
SET lock_timeout = 0;
SET client_encoding = 'UTF8';
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;

CREATE FUNCTION public.one() RETURNS integer
    LANGUAGE plpgsql
    AS $$ begin return 1; end; $$;

ALTER FUNCTION public.one() OWNER TO "Shop; Owner";

CREATE TABLE public.orders (id bigint NOT NULL, note text);
ALTER TABLE public.orders OWNER TO "Shop; Owner";
GRANT SELECT ON TABLE public.orders TO shop_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE "Shop; Owner" IN SCHEMA public GRANT SELECT ON TABLES TO shop_reader;

\unrestrict abcdef
"""


@pytest.fixture
def empty(server):
    """A database, and no role that a test made afterwards."""
    yield server.create()
    server.clear()
    with replace(server.create(), name="postgres").connected() as connection:
        made = (
            "SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE rolname !~ '^(pg_|verdigris)'"
        )
        if names := connection.execute(made).fetchone()[0]:
            connection.execute(f"DROP ROLE {names}")


def asked(database, words):
    with database.connected() as connection:
        return connection.execute(words).fetchall()


def test_a_dump_is_loaded_with_owners_and_grants(server, empty):
    notes = load(empty, DUMP, "base.sql")
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'"
    assert [("Shop; Owner",)] == asked(empty, owner)
    assert [(True, False)] == asked(
        empty,
        "SELECT has_table_privilege('shop_reader', 'orders', 'SELECT'), "
        "has_table_privilege('shop_reader', 'orders', 'INSERT')",
    )
    assert "the role Shop; Owner is made in the shadow, where it cannot log in" in notes
    assert "the role shop_reader is made in the shadow, where it cannot log in" in notes
    newer = [note for note in notes if "transaction_timeout" in note]
    assert (server.major < 17) is (newer != [])
    assert [(False,)] == asked(empty, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'shop_reader'")


def test_nothing_is_left_of_the_session_that_loaded(empty):
    load(empty, DUMP, "base.sql")
    assert [('"$user", public',)] == asked(empty, "SHOW search_path")


@pytest.mark.parametrize("text", ["", "\n", "-- nothing\n"])
def test_an_empty_schema_is_one(empty, text):
    assert () == load(empty, text, "base.sql")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "SELECT 1;\n\nCREATE TABEL t ();",
            3,
            r"CREATE TABEL t \(\): syntax error at or near \"TABEL\" \(42601\)",
        ),
        ("CREATE TABLE t ();\nCREATE TABLE t ();", 2, r"relation \"t\" already exists \(42P07\)"),
        ("CREATE TABLE `t` (id int AUTO_INCREMENT);", 1, "syntax error"),
        ("\r\nCREATE TABLE t (i nix);", 2, r"type \"nix\" does not exist \(42704\)"),
        ("SELECT 'open", 1, "unterminated quoted string"),
        ("CREATE TABLE t (\n" + "a" * 300 + " nix);", 1, "aaa…: type"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_statement(empty, text, line, said):
    with pytest.raises(ConfigError, match=f"^base.sql: line {line}: .*{said}"):
        load(empty, text, "base.sql")


@pytest.mark.parametrize(
    "words",
    ["CREATE DATABASE x", "drop  database postgres", "ALTER SYSTEM SET fsync = off", "CREATE TABLESPACE x LOCATION '/'",
     "CREATE SUBSCRIPTION s CONNECTION 'host=production' PUBLICATION p", "DROP OWNED BY verdigris"],
)  # fmt: skip
def test_what_reaches_beyond_its_database_is_not_run_and_nothing_else_is(empty, words):
    with pytest.raises(
        ConfigError, match="base.sql: line 2: .* reaches beyond its database, so it is not run"
    ):
        load(empty, f"CREATE TABLE t ();\n{words};", "base.sql")
    assert [] == asked(empty, "SELECT FROM pg_tables WHERE tablename = 't'")


def test_roles_are_made_by_a_file_where_the_server_is_the_shadows_alone(empty):
    load(empty, "CREATE ROLE shop; CREATE USER MAPPING FOR shop SERVER nix;", "base.sql")
    with pytest.raises(ConfigError, match="CREATE ROLE shop reaches beyond its database"):
        load(replace(empty, own=False), "CREATE ROLE shop;", "base.sql")


def test_on_a_server_of_somebodys_owners_and_grants_are_noted(empty):
    notes = load(replace(empty, own=False), DUMP, "base.sql")
    assert any("permissions are not proven: role " in note for note in notes)
    assert [(1,)] == asked(empty, "SELECT one() FROM (SELECT count(*) FROM orders) o")
    assert [] == asked(empty, "SELECT FROM pg_roles WHERE rolname = 'shop_reader'")


def test_an_extension_that_is_missing_is_noted_with_what_needs_it(empty):
    text = (
        'CREATE EXTENSION IF NOT EXISTS "nix-da" WITH SCHEMA public;\nCOMMENT ON EXTENSION "nix-da" IS \'x\';\n'
        "CREATE TABLE good ();\nCREATE TABLE bad (g nix.type);\nCREATE INDEX ON bad (g);"
    )
    notes = load(empty, text, "base.sql")
    assert notes[0].startswith("the shadow has no extension nix-da: what needs it is not proven (extension")
    assert notes[1].startswith(
        "base.sql: line 4: CREATE TABLE bad (g nix.type) is left out without nix-da: schema"
    )
    assert 3 == len(notes)
    assert [("good",)] == asked(empty, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")


def test_an_extension_that_is_there_is_made(empty):
    assert () == load(empty, "CREATE EXTENSION citext; CREATE TABLE t (c citext);", "base.sql")


def test_so_many_notes_are_counted(empty):
    text = "CREATE EXTENSION nix;" + "".join(f"CREATE TABLE t{number} (i nix);" for number in range(50))
    notes = load(empty, text, "base.sql")
    assert 21 == len(notes)
    assert "and 31 more of this kind" == notes[-1]


def test_rows_and_logins_at_other_servers_are_left_out(empty):
    text = (
        "CREATE TABLE t (i int);\nCOPY t (i) FROM stdin;\n1\n\\.\n"
        "CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw;\n"
        "CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 's3cret');"
    )
    notes = load(empty, text, "base.sql")
    assert (
        "base.sql: rows are left out, since only the schema is proven on",
        "base.sql: user mappings are left out, so that no foreign server is reached",
    ) == notes
    assert [] == asked(empty, "SELECT FROM pg_user_mappings")
    assert [(0,)] == asked(empty, "SELECT count(*) FROM t")


def test_what_only_a_superuser_may_own_is_owned(empty):
    text = (
        "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ begin end $$;"
        "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f(); ALTER EVENT TRIGGER e OWNER TO postgres;"
    )
    assert ("the role postgres is made in the shadow, where it cannot log in",) == load(
        empty, text, "base.sql"
    )


def test_a_transaction_in_the_file_loses_nothing(empty):
    load(empty, "BEGIN;\nCREATE TABLE a ();\nALTER TABLE a OWNER TO shop; -- one\nCOMMIT; -- two", "base.sql")
    assert [("shop",)] == asked(empty, "SELECT tableowner FROM pg_tables WHERE tablename = 'a'")


def test_a_comment_at_an_end_hides_nothing(empty):
    load(empty, "CREATE TABLE a () -- one\n;CREATE TABLE b () -- two", "base.sql")
    assert [(2,)] == asked(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")


def test_what_is_not_done_in_a_transaction_is_done_by_itself(empty):
    load(empty, "CREATE TABLE a (i int); CREATE INDEX CONCURRENTLY ON a (i); CREATE TABLE b ();", "base.sql")
    assert [(2,)] == asked(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")


def test_a_server_that_goes_away_is_no_fault_of_the_file(empty):
    with pytest.raises(ActionError, match="the shadow does not do its work: terminating connection"):
        load(empty, "SELECT 1; SELECT pg_terminate_backend(pg_backend_pid());", "base.sql")


def test_four_hundred_tables(empty, figure):
    import time

    column = ", ".join(f"c{number} text" for number in range(20))
    text = "".join(
        f"CREATE TABLE t{number} (id bigint NOT NULL, {column});\nALTER TABLE t{number} OWNER TO shop;\n"
        f"ALTER TABLE ONLY t{number} ADD CONSTRAINT p{number} PRIMARY KEY (id);\n"
        for number in range(400)
    )
    began = time.monotonic()
    load(empty, text, "base.sql")
    figure(f"A base of 400 tables with 21 columns each is loaded in {time.monotonic() - began:.1f} s")
    assert [(400,)] == asked(empty, "SELECT count(*) FROM pg_tables WHERE tableowner = 'shop'")


def written(tmp_path, found):
    path = tmp_path / "base.sql"
    path.write_bytes(found)
    return path


def test_a_file_is_read_without_its_mark(tmp_path):
    assert "SELECT 'ö';\r\n" == read(written(tmp_path, b"\xef\xbb\xbfSELECT '\xc3\xb6';\r\n"))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (b"PGDMP\x01\x0e", "is a dump in pg_dump's own format: write it with --schema-only --format=plain"),
        (b"SELECT 1;\nSELECT '\xff';", "line 2: is not UTF-8: write it with pg_dump --encoding=UTF8"),
        ("SELECT 1".encode("utf-16"), "line 1: is not UTF-8"),
        (b"SELECT 1;\n\n\0", "line 3: has a NUL in it, so it is no SQL"),
        (b"\x1f\x8b\x08", "line 1: is not UTF-8"),
    ],
)
def test_what_is_no_sql_is_told(tmp_path, found, said):
    with pytest.raises(ConfigError, match=f"base.sql: {said}"):
        read(written(tmp_path, found))


def test_what_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "base.sql"
    with path.open("wb") as file:
        file.truncate(MOST + 1)
    with pytest.raises(ConfigError, match="base.sql: is larger than 64 MiB, as no schema is"):
        read(path)


def test_what_is_not_there_or_no_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"none.sql: cannot be read: No such file"):
        read(tmp_path / "none.sql")
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        read(tmp_path)
