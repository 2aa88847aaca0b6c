"""Somebody else's tool drops something empty; what it meant to drop is there for a day, and comes back."""

from datetime import timedelta

import pytest

from tests.unit.schema.running.test_tombstone import TABLES, names, stones
from verdigris.core.errors import Refused
from verdigris.schema.running.drops import Drop
from verdigris.schema.running.stand_ins import stand_in
from verdigris.schema.running.sync import install
from verdigris.schema.running.tombstone import KEEP, drop_due, restore, unfinished
from verdigris.schema.running.twins import Twins
from verdigris.schema.running.words import Name

ORDERS, SHOPS = Name("public", "orders"), Name("public", "shops")
OLD, SHOP = Drop(ORDERS, "old"), Drop(ORDERS, "shop")
DUE = "UPDATE verdigris_schema.tombstones SET due = now()"


@pytest.fixture
def put(production, quick):
    production.run(*TABLES)
    return lambda *drops: stand_in(production.connect, drops, KEEP, waiting=quick)


def test_a_dropped_stand_in_takes_nothing_along_and_what_was_there_comes_back(production, quick, put):
    put(OLD, SHOP)
    assert [(1, None, None)] == production.rows("SELECT id, old, shop FROM orders")
    production.run(
        "INSERT INTO orders (id) VALUES (2)", "ALTER TABLE orders DROP CONSTRAINT orders_shop_fkey"
    )
    production.run("ALTER TABLE orders DROP COLUMN old, DROP COLUMN shop")
    assert timedelta(hours=23) < stones(production)[0].due - stones(production)[0].buried
    restore(production.connect, waiting=quick)
    assert [(1, "a", 1), (2, None, None)] == production.rows("SELECT id, old, shop FROM orders ORDER BY id")
    assert 1 == production.one(
        "SELECT count(*) FROM pg_constraint WHERE conname = 'orders_shop_fkey' AND contype = 'f'"
    )


def test_a_table_with_an_index_and_constraints_is_dropped_by_name_and_comes_back(production, quick, put):
    production.run("CREATE INDEX notes_shop ON notes (shop)")
    put(Drop(Name("public", "notes")))
    assert 0 == production.one("SELECT count(*) FROM notes")
    production.run(
        "DROP INDEX notes_shop", "ALTER TABLE notes DROP CONSTRAINT notes_shop_fkey", "DROP TABLE notes"
    )
    restore(production.connect, waiting=quick)
    assert [(1, 2)] == production.rows("SELECT id, shop FROM notes")


def test_tables_that_refer_to_each_other_go_together_and_one_that_is_still_referred_to_does_not(
    production, put
):
    with pytest.raises(Refused, match="constraint orders_shop_fkey on table orders depends on table shops"):
        put(Drop(SHOPS), Drop(Name("public", "notes")))
    assert () == stones(production)
    put(Drop(SHOPS), SHOP, Drop(Name("public", "notes")))
    production.run("DROP TABLE notes", "DROP TABLE shops", "ALTER TABLE orders DROP COLUMN shop")
    assert 3 == len(stones(production))


def test_called_again_it_buries_no_stand_in_and_misses_nothing_that_was_dropped(production, quick, put):
    put(OLD, SHOP)
    put(OLD, SHOP)
    assert 2 == len(stones(production))
    production.run("ALTER TABLE orders DROP COLUMN old")
    put(OLD, SHOP)
    assert 2 == len(stones(production))
    restore(production.connect, waiting=quick)
    assert [(1, 1, "a")] == production.rows("SELECT id, shop, old FROM orders")


def test_what_is_new_under_the_name_of_a_tombstone_is_buried_too(production, put):
    put(OLD)
    production.run(
        "ALTER TABLE orders DROP COLUMN old", "ALTER TABLE orders ADD COLUMN old text DEFAULT 'new'"
    )
    put(OLD)
    assert ["public.orders.old"] * 2 == [str(stone) for stone in stones(production)]
    assert [(None,)] == production.rows("SELECT old FROM orders")


def test_nothing_is_due_before_its_stand_in_is_dropped(production, quick, put):
    put(OLD)
    production.run(DUE)
    assert () == drop_due(production.connect, waiting=quick)
    production.run("ALTER TABLE orders DROP COLUMN old")
    assert ["public.orders.old"] == [str(stone) for stone in drop_due(production.connect, waiting=quick)]
    assert ["id", "shop", "state"] == names(production)


def test_twins_are_parted_first(production, quick, put):
    production.run("ALTER TABLE orders ADD COLUMN new text, ALTER COLUMN old DROP NOT NULL")
    install(production.connect, Twins("orders", "old", "new"), waiting=quick)
    put(OLD)
    production.run(
        "ALTER TABLE orders DROP COLUMN old", "INSERT INTO orders (id, shop, new) VALUES (7, 1, 'x')"
    )
    assert [("x",)] == production.rows("SELECT new FROM orders WHERE id = 7")


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE things (id int, old text) PARTITION BY LIST (id)",
        "CREATE TABLE other (old text); CREATE TABLE things () INHERITS (other)",
        "CREATE DOMAIN word AS text NOT NULL; CREATE TABLE things (old word)",
        "CREATE TABLE things (old text); CREATE VIEW seen AS SELECT old FROM things",
    ],
)
def test_where_nothing_can_stand_in_nothing_is_done(production, put, made):
    production.run(made)
    with pytest.raises(Refused):
        put(OLD, Drop(Name("public", "things"), "old"))
    assert () == stones(production)
    assert [("a",)] == production.rows("SELECT old FROM orders")


def test_a_day_begins_anew_for_what_is_about_to_be_dropped_only_now(production, put):
    put(OLD)
    production.run(DUE)
    put(OLD)
    assert not stones(production)[0].is_due


def test_what_somebody_has_written_into_a_stand_in_is_not_lost(production, quick, put):
    put(OLD)
    production.run("UPDATE orders SET old = 'b'")
    for deed in (lambda: put(OLD), lambda: restore(production.connect, waiting=quick)):
        with pytest.raises(Refused, match="the column old of .* only stands in for what is kept"):
            deed()
    assert [("b",)] == production.rows("SELECT old FROM orders")


def test_what_is_not_finished_is_known(production, put):
    put(OLD, SHOP)
    production.run("ALTER TABLE orders DROP COLUMN old")
    with production.connect() as connection:
        assert ["public.orders.shop"] == [str(stone) for stone in unfinished(connection)]
