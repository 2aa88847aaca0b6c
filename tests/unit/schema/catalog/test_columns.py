"""What becomes of columns, and what that makes the migration."""

from __future__ import annotations

from .conftest import check

TABLE = {
    "ALTER TABLE orders ADD a text": ["orders.a: column added (text) = expand"],
    "ALTER TABLE orders ADD a text NOT NULL DEFAULT 'x'": ["orders.a: column added (text) = expand"],
    "ALTER TABLE orders ADD a uuid DEFAULT gen_random_uuid()": ["orders.a: column added (uuid) = expand"],
    "ALTER TABLE orders ADD a text NOT NULL": ["orders.a: column added, NOT NULL without a default = both"],
    "ALTER TABLE orders ADD a int NOT NULL DEFAULT 0; ALTER TABLE orders ALTER a DROP DEFAULT": [
        "orders.a: column added, NOT NULL without a default = both"
    ],
    "ALTER TABLE orders ADD a int GENERATED ALWAYS AS (1) STORED": [
        "orders.a: column added (integer) = expand"
    ],
    "ALTER TABLE orders ADD a serial": [
        "orders.a: column added (integer) = expand",
        "orders_a_seq: sequence added = expand",
    ],
    "ALTER TABLE orders ADD a json": [
        "orders.a: column added of type json, which cannot be compared = contract"
    ],
    "ALTER TABLE orders DROP code": ["orders.code: column dropped = contract"],
    "DROP VIEW recent; ALTER TABLE orders DROP id": [
        "orders.id: column dropped = contract",
        "recent: view dropped = contract",
    ],
    "ALTER TABLE orders RENAME code TO ref": ["orders.code: renamed to ref = both"],
    "ALTER TABLE orders DROP twice, ADD twice int": [
        "orders.twice: dropped and added again: what it held is gone = both",
        "orders.twice: is not generated any more = contract",
    ],
    "ALTER TABLE customers ALTER name TYPE varchar(100)": [
        "customers.name: type character varying(50) is character varying(100) now = expand"
    ],
    "ALTER TABLE customers ALTER name TYPE varchar(9)": [
        "customers.name: type character varying(50) is character varying(9) now = contract"
    ],
    "ALTER TABLE customers ALTER n TYPE bigint": ["customers.n: type integer is bigint now = both"],
    'ALTER TABLE customers ALTER name TYPE varchar(50) COLLATE "C"': [
        'customers.name: collation default is "C" now = both'
    ],
    "ALTER TABLE orders ALTER code SET NOT NULL": ["orders.code: NOT NULL added = contract"],
    "ALTER TABLE orders ALTER total DROP NOT NULL": ["orders.total: NOT NULL dropped = (expand)"],
    "ALTER TABLE orders ALTER code SET DEFAULT 'x'": ["orders.code: default added = (expand)"],
    "ALTER TABLE orders ALTER total SET DEFAULT 1": ["orders.total: default changed = (expand)"],
    "ALTER TABLE orders ALTER total DROP DEFAULT": ["orders.total: default dropped = contract"],
    "ALTER TABLE orders ALTER id DROP IDENTITY": [
        "orders.id: default dropped = contract",
        "orders_id_seq: sequence dropped = contract",
    ],
    "ALTER TABLE orders ALTER id SET GENERATED ALWAYS": [
        "orders.id: is an identity that is always generated now: no statement may write it = both"
    ],
    "ALTER TABLE orders ALTER twice DROP EXPRESSION": ["orders.twice: is not generated any more = contract"],
    'ALTER TABLE "Odd ""Näme" RENAME "SELECT" TO "Größe"': ['Odd "Näme.SELECT: renamed to Größe = both'],
    "ALTER TABLE events ADD a int": ["events.a: column added (integer) = expand"],
    "ALTER TYPE pair DROP ATTRIBUTE b": ["pair.b: column dropped = contract"],
    "ALTER TYPE pair ADD ATTRIBUTE c int": ["pair.c: column added = expand"],
}


def test_each_change_of_a_column_is_told_with_what_it_makes_of_the_migration(told):
    check(told, TABLE)


def test_what_is_both_by_itself_comes_with_the_way_to_do_without(changes):
    for migration in ("ALTER TABLE orders RENAME code TO ref", "ALTER TABLE orders ADD a text NOT NULL"):
        (change,) = changes(migration)
        assert change.advice


def test_a_default_that_changes_says_what_is_written_from_now_on(changes):
    (change,) = changes("ALTER TABLE orders ALTER total SET DEFAULT 7")
    assert "statements that omit it write 7 from now on" == change.note


def test_timestamps_change_without_a_rewrite_in_utc_only(changes, base):
    migration = "ALTER TABLE customers ALTER seen TYPE timestamptz"
    (change,) = changes(f"SET LOCAL timezone = 'UTC'; {migration}")
    assert "expand" == change.kind
    (change,) = changes(f"SET LOCAL timezone = 'Europe/Paris'; {migration}")
    assert "both" == change.kind
