from datetime import timedelta

import pytest

from verdigris.core.errors import ActionError, Refused
from verdigris.schema.running.filling import fill
from verdigris.schema.running.sync import backfill_for, install, installed
from verdigris.schema.running.tombstone import contract, drop_due, owed, restore
from verdigris.schema.running.twins import Twins
from verdigris.schema.script import Script

TABLES = (
    "CREATE TABLE shops (id int PRIMARY KEY)",
    (
        "CREATE TABLE orders (id int PRIMARY KEY, shop int NOT NULL REFERENCES shops,"
        " old text NOT NULL CHECK (old IS NOT NULL), state text NOT NULL DEFAULT 'open')"
    ),
    "CREATE TABLE notes (id int PRIMARY KEY, shop int REFERENCES shops ON DELETE RESTRICT)",
    "INSERT INTO shops VALUES (1), (2)",
    "INSERT INTO orders VALUES (1, 1, 'a')",
    "INSERT INTO notes VALUES (1, 2)",
)
COLUMNS = Script(
    "009", ("ALTER TABLE orders DROP COLUMN old, DROP COLUMN shop", "ALTER TABLE orders ADD COLUMN n int")
)
NAMES = """
    SELECT attname FROM pg_attribute
    WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
NOW = timedelta(0)


def names(production):
    return [name for (name,) in production.rows(NAMES)]


def stones(production):
    with production.connect() as connection:
        return owed(connection)


def test_dropped_columns_are_renamed_and_owed_and_the_rest_is_done(production, quick):
    production.run(*TABLES)
    assert 2 == contract(production.connect, COLUMNS, waiting=quick).done
    assert ["id", "_verdigris_gone_shop", "_verdigris_gone_old", "state", "n"] == names(production)
    assert ["public.orders.old", "public.orders.shop"] == [str(stone) for stone in stones(production)]
    (stone,) = stones(production)[:1]
    assert abs(stone.due - stone.buried - timedelta(days=1)) < timedelta(milliseconds=1)
    assert 2 == contract(production.connect, COLUMNS, waiting=quick).already


def test_a_version_that_does_not_know_them_writes_as_if_they_were_gone(production, quick):
    production.run(*TABLES)
    contract(production.connect, COLUMNS, waiting=quick)
    production.run("INSERT INTO orders (id) VALUES (2)", "DELETE FROM shops WHERE id = 1")
    assert 2 == production.one("SELECT count(*) FROM orders")


def test_nothing_is_dropped_before_it_is_due(production, quick):
    production.run(*TABLES)
    contract(production.connect, COLUMNS, waiting=quick)
    assert () == drop_due(production.connect, waiting=quick)
    production.run("UPDATE verdigris_schema.tombstones SET due = now() WHERE column_name = 'old'")
    assert ["public.orders.old"] == [str(stone) for stone in drop_due(production.connect, waiting=quick)]
    assert ["id", "_verdigris_gone_shop", "state", "n"] == names(production)
    assert ["public.orders.shop"] == [str(stone) for stone in stones(production)]
    assert () == drop_due(production.connect, waiting=quick)


def test_they_are_taken_back_with_what_they_demand(production, quick):
    production.run(*TABLES, "GRANT SELECT (old) ON orders TO PUBLIC")
    contract(production.connect, COLUMNS, waiting=quick)
    production.run("INSERT INTO orders (id) VALUES (2)")
    notes = restore(production.connect, waiting=quick)
    assert ["id", "shop", "old", "state", "n"] == names(production)
    assert [("a",), (None,)] == production.rows("SELECT old FROM orders ORDER BY id")
    assert any("orders.old may be NULL in rows that were written meanwhile" in note for note in notes)
    assert any(
        'ALTER TABLE "public"."orders" VALIDATE CONSTRAINT "orders_shop_fkey"' in note for note in notes
    )
    assert production.one("SELECT has_column_privilege('public', 'orders', 'old', 'SELECT')")
    with pytest.raises(Exception, match="orders_shop_fkey"):
        production.run("INSERT INTO orders VALUES (3, 77, 'b')")
    production.run("INSERT INTO orders VALUES (3, 1, 'b')")
    assert () == stones(production)
    assert () == restore(production.connect, waiting=quick)


def test_a_table_becomes_a_tombstone_and_keeps_nobody_from_deleting(production, quick):
    production.run(*TABLES)
    contract(production.connect, Script("009", ("DROP TABLE notes",)), waiting=quick)
    assert production.one("SELECT to_regclass('notes') IS NULL")
    production.run("DELETE FROM shops WHERE id = 2")
    assert 1 == production.one("SELECT count(*) FROM _verdigris_gone_notes")
    restore(production.connect, waiting=quick)
    assert 1 == production.one("SELECT count(*) FROM notes")


def test_a_table_is_dropped_when_it_is_due_wherever_it_was_moved(production, quick):
    production.run(*TABLES, "CREATE SCHEMA attic")
    contract(production.connect, Script("009", ("DROP TABLE notes",)), waiting=quick, keep=NOW)
    production.run("ALTER TABLE _verdigris_gone_notes SET SCHEMA attic")
    assert ["public.notes"] == [str(stone) for stone in drop_due(production.connect, waiting=quick)]
    assert 0 == production.one("SELECT count(*) FROM pg_class WHERE relname LIKE '%gone%'")


@pytest.mark.parametrize(
    ("before", "drop", "why"),
    [
        (
            "CREATE VIEW v AS SELECT old FROM orders",
            "ALTER TABLE orders DROP COLUMN old",
            "view v depends on column old",
        ),
        ("SELECT", "DROP TABLE shops", "depends on table shops"),
        ("SELECT", "ALTER TABLE orders DROP COLUMN id", "a column of the primary key is no tombstone"),
    ],
)
def test_what_something_depends_on_is_refused_and_stays(production, quick, before, drop, why):
    production.run(*TABLES, before)
    with pytest.raises(Refused, match=why):
        contract(production.connect, Script("009", (drop,)), waiting=quick)
    assert ["id", "shop", "old", "state"] == names(production)
    assert () == stones(production)


TWINS = Twins("orders", "old", "fresh")


def test_a_sync_trigger_goes_and_comes_with_its_column(production, quick):
    production.run(*TABLES, "ALTER TABLE orders ADD COLUMN fresh text")
    install(production.connect, TWINS, waiting=quick)
    contract(production.connect, Script("009", ("ALTER TABLE orders DROP COLUMN old",)), waiting=quick)
    production.run("INSERT INTO orders (id, shop, fresh) VALUES (2, 1, 'b')")
    restore(production.connect, waiting=quick)
    production.run("INSERT INTO orders (id, shop, fresh) VALUES (3, 1, 'c')")
    assert [("a", None), (None, "b"), ("c", "c")] == production.rows(
        "SELECT old, fresh FROM orders ORDER BY id"
    )
    with production.connect() as connection:
        assert installed(connection, TWINS)
        spec = backfill_for(connection, TWINS)
    assert 0 == fill(production.connect, spec, waiting=quick).left
    assert [("a", "a"), ("b", "b"), ("c", "c")] == production.rows(
        "SELECT old, fresh FROM orders ORDER BY id"
    )


def test_what_a_sync_trigger_was_made_of_goes_when_nothing_is_owed_any_more(production, quick):
    production.run(*TABLES, "ALTER TABLE orders ADD COLUMN fresh text")
    install(production.connect, TWINS, waiting=quick)
    contract(production.connect, COLUMNS, waiting=quick, keep=NOW)
    production.run(
        "UPDATE verdigris_schema.tombstones SET due = now() + interval '1 day' WHERE column_name = 'shop'"
    )
    left = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'sync%'"
    drop_due(production.connect, waiting=quick)
    assert 1 == production.one(left)
    production.run("UPDATE verdigris_schema.tombstones SET due = now()")
    drop_due(production.connect, waiting=quick)
    assert 0 == production.one(left)
    assert 0 == production.one("SELECT count(*) FROM pg_class WHERE relname LIKE 'sync%'")


def test_what_is_not_there_is_said(production, quick):
    production.run(*TABLES)
    with pytest.raises(ActionError, match="orders.never: it is not there"):
        contract(production.connect, Script("009", ("ALTER TABLE orders DROP COLUMN never",)), waiting=quick)
    assert (
        1 == contract(production.connect, Script("010", ("DROP TABLE IF EXISTS never",)), waiting=quick).done
    )


def test_long_and_clashing_names_find_a_place(production, quick):
    long = "ö" * 31
    production.run(f'CREATE TABLE "{long}" ("{long}" int, a int, _verdigris_gone_a int)')
    script = Script(
        "009",
        (
            f'ALTER TABLE "{long}" DROP COLUMN "{long}"',
            f'ALTER TABLE "{long}" DROP a',
            f'DROP TABLE "{long}"',
        ),
    )
    contract(production.connect, script, waiting=quick, keep=NOW)
    gone = [stone.grave.gone for stone in stones(production)]
    assert 3 == len(gone)
    assert all(name.startswith("_verdigris_gone_") and len(name.encode()) <= 63 for name in gone)
    restore(production.connect, waiting=quick)
    assert [(long,), ("a",), ("_verdigris_gone_a",)] == production.rows(
        NAMES.replace("'orders'", f"'\"{long}\"'")
    )


def test_a_partitioned_table_loses_a_column_everywhere(production, quick):
    production.run(
        "CREATE TABLE orders (id int, old text NOT NULL, state int) PARTITION BY LIST (id)",
        "CREATE TABLE first PARTITION OF orders FOR VALUES IN (1)",
    )
    contract(
        production.connect, Script("009", ("ALTER TABLE orders DROP COLUMN old",)), waiting=quick, keep=NOW
    )
    production.run("INSERT INTO first (id) VALUES (1)")
    drop_due(production.connect, waiting=quick)
    assert ["id", "state"] == names(production)


def test_what_came_to_depend_on_a_tombstone_is_said_when_it_is_due(production, quick):
    production.run(*TABLES)
    contract(production.connect, COLUMNS, waiting=quick, keep=NOW)
    production.run("CREATE VIEW late AS SELECT _verdigris_gone_old FROM orders")
    with pytest.raises(ActionError, match="orders.old cannot be dropped: view late depends on"):
        drop_due(production.connect, waiting=quick)
    assert ["public.orders.old"] == [str(stone) for stone in stones(production)], "the other one is gone"
    production.run("DROP VIEW late")
    assert 1 == len(drop_due(production.connect, waiting=quick))


def test_a_tombstone_that_somebody_else_dropped_is_only_noted(production, quick):
    production.run(*TABLES)
    contract(production.connect, Script("009", ("DROP TABLE notes",)), waiting=quick, keep=NOW)
    production.run("DROP TABLE _verdigris_gone_notes")
    with pytest.raises(Refused, match="is not there any more"):
        restore(production.connect, waiting=quick)
    drop_due(production.connect, waiting=quick)
    assert "missing" == production.one("SELECT outcome FROM verdigris_schema.tombstones")
