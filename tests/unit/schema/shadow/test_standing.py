"""What stands for an extension has its names and types, so that tables with it in a default are there."""

import pytest

from verdigris.schema.shadow.base import load
from verdigris.schema.shadow.standing import FUNCTIONS, standing_for

USES = """
CREATE SCHEMA "My Tools";
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA "My Tools";
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
COMMENT ON EXTENSION pgcrypto IS 'x';
CREATE TABLE t (id uuid DEFAULT "My Tools".uuid_generate_v4() PRIMARY KEY, secret text, hash bytea);
CREATE INDEX ON t (public.digest(secret, 'sha256'));
"""


def test_a_schema_that_uses_them_is_whole(server):
    database = server.create()
    notes = load(database, USES, "base.sql")
    with database.connected() as connection:
        connection.execute(
            "INSERT INTO t (secret, hash) VALUES (crypt('x', gen_salt('bf', 8)), gen_random_bytes(8))"
        )
        assert (36, 8) == connection.execute("SELECT length(id::text), length(hash) FROM t").fetchone()
        there = {name for (name,) in connection.execute("SELECT extname FROM pg_extension").fetchall()}
    missing = {"uuid-ossp", "pgcrypto"} - there
    assert {
        f"the shadow has no extension {name}: functions stand for it that return other values"
        for name in missing
    } == set(notes)


@pytest.mark.parametrize("extension", FUNCTIONS)
def test_they_are_what_the_extension_declares(server15, extension):
    asked = (
        "SELECT p.proname, pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), p.provolatile "
        "FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 's'"
    )
    real, standing = server15.create(), server15.create()
    with real.connected() as connection:
        connection.execute(f'CREATE SCHEMA s; CREATE EXTENSION "{extension}" SCHEMA s')
        declared = set(connection.execute(asked).fetchall())
    with standing.connected() as connection:
        connection.execute("CREATE SCHEMA s;" + standing_for(extension, "CREATE EXTENSION x WITH SCHEMA s"))
        found = set(connection.execute(asked).fetchall())
    server15.clear()
    assert set() == found - declared


def test_nothing_stands_for_the_others():
    assert "" == standing_for("postgis", "CREATE EXTENSION postgis")
