import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.running.keys import Key, key_of

TABLE = 'CREATE TABLE t (a int NOT NULL, "B" text NOT NULL, c int UNIQUE, UNIQUE (a, "B"))'


def test_the_primary_key_comes_first_and_then_what_is_unique(production):
    production.run(TABLE, "CREATE TABLE p (x uuid PRIMARY KEY, y int NOT NULL UNIQUE)")
    with production.connect() as connection:
        assert Key("public", "t", ("a", "B"), ("integer", "text")) == key_of(connection, "t")
        assert ("x",) == key_of(connection, "public.p").columns
        assert ("y",) == key_of(connection, "p", ("y",)).columns
        for declared in (("c",), ("B", "a"), ("never",)):
            with pytest.raises(ConfigError, match="has no unique index on columns that are NOT NULL"):
                key_of(connection, "t", declared)


def test_a_table_is_walked_through_by_its_keys(production):
    production.run(TABLE, "INSERT INTO t SELECT n / 3, 'k' || n FROM generate_series(1, 7) AS n")
    with production.connect() as connection:
        key = key_of(connection, "t")
        ends = [None]
        while end := key.end_of_batch(connection, ends[-1], 3):
            ends.append(end)
    assert [None, ("1", "k3"), ("2", "k6"), ("2", "k7")] == ends


def test_a_hostile_key_stays_a_value(production):
    production.run(
        "CREATE TABLE t (a text PRIMARY KEY)",
        "INSERT INTO t VALUES (E'\\'); DROP TABLE t; -- \\\\ %s {batch}')",
    )
    with production.connect() as connection:
        key = key_of(connection, "t")
        last = key.end_of_batch(connection, None, 10)
        assert key.end_of_batch(connection, last, 10) is None
    assert 1 == production.one("SELECT count(*) FROM t")
