"""What changes between two snapshots: relations as wholes, and when numbers mean anything."""

from __future__ import annotations

from verdigris.schema.catalog.difference import comparable, difference, kind_of
from verdigris.schema.catalog.snapshot import snapshot
from verdigris.schema.script import Kind

from .conftest import BASE, check, made

TABLE = {
    "SELECT 1": [],
    "COMMENT ON TABLE orders IS 'x'": [],
    "CREATE TABLE k (id int)": ["k: table added = expand"],
    "CREATE VIEW k AS SELECT 1 AS a": ["k: view added = expand"],
    "CREATE MATERIALIZED VIEW k AS SELECT 1 AS a": ["k: materialized view added = expand"],
    "DROP TABLE events_b": ["events_b: table dropped = contract"],
    "DROP VIEW recent": ["recent: view dropped = contract"],
    "DROP SEQUENCE numbers": ["numbers: sequence dropped = contract"],
    "DROP TABLE customers CASCADE": [
        "customers: table dropped = contract",
        "orders.orders_customer_id_fkey: FOREIGN KEY dropped (customer_id) = (expand)",
    ],
    "ALTER TABLE events_b RENAME TO k": ["events_b: renamed to k = both"],
    "ALTER TABLE events_b RENAME TO k; CREATE VIEW events_b AS SELECT * FROM k": [
        "events_b: renamed to k = expand",
        "events_b: view added = expand",
    ],
    "ALTER TABLE events_b RENAME TO k; CREATE VIEW events_b AS SELECT id FROM k": [
        "events_b: renamed to k = both",
        "events_b: view added = expand",
    ],
    "ALTER TABLE events_b SET SCHEMA other": ["events_b: moved to other.events_b = both"],
    "DROP TABLE events_b; CREATE TABLE events_b (id int, at date)": [
        "events_b: another table has its name now: the rows that it had are not in it = both"
    ],
    "DROP TABLE events_b; CREATE VIEW events_b AS SELECT 1 AS id, now()::date AS at": [
        "events_b: table is a view now = both"
    ],
    "DROP TABLE events_b; CREATE TABLE events_b (id int, at date) PARTITION BY HASH (id)": [
        "events_b: table is a partitioned table now = both"
    ],
}  # fmt: skip


def test_each_change_of_a_relation_is_told_with_what_it_makes_of_the_migration(told):
    check(told, TABLE)


def test_changed_rows_are_a_backfill_of_tables_that_were_there(changes):
    found = changes("CREATE TABLE k (id int)", rows=["orders", "k", "orders", "recent"])
    assert ["k: table added", "orders: rows changed"] == [str(one) for one in found]
    assert Kind.BACKFILL is kind_of(changes("SELECT 1", rows=["orders"]))


def test_a_new_table_names_who_may_use_its_neighbours_and_not_it(changes):
    (change,) = changes("CREATE TABLE k (id int)")
    assert "catalog_app may use tables beside it and not this one: grant it in the same step" == change.note
    (granted, *_rest) = changes("CREATE TABLE k (id int); GRANT SELECT ON k TO catalog_app")
    assert not granted.note


def test_databases_of_the_same_text_do_not_differ_though_their_numbers_do(server, base):
    with server.create().connected() as connection:
        connection.execute("CREATE TABLE filler (id int)")
    other = server.create()
    with other.connected() as connection:
        connection.execute("CREATE TABLE filler (id serial); CREATE TYPE filling AS (a int)")
        connection.execute("DROP TABLE filler; DROP TYPE filling")
        connection.execute(BASE)
    before, after = snapshot(base), snapshot(other)
    assert () == difference(before, after)


def test_without_comparable_numbers_a_rename_is_a_drop_and_an_addition(server, base):
    other = made(server)
    with other.connected() as connection:
        connection.execute("ALTER TABLE events_b RENAME at TO happened")
    before, after = snapshot(base), snapshot(other)
    found = [str(one) for one in difference(before, after)]
    if comparable(before, after):
        assert ["events_b.at: renamed to happened"] == found
    else:
        assert ["events_b.at: column dropped", "events_b.happened: column added (date)"] == found
