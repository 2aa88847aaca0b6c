"""In what two schemas are alike before a run is executed on both."""

import pytest

from tests.unit.schema.proof.shop import changed as migrated
from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof import likeness
from verdigris.schema.proof.likeness import changed, furthest, shared_keys

SAME = ["ALTER TABLE customers ADD COLUMN more text DEFAULT 'x'", "CREATE TABLE more AS SELECT 1 AS a"]
OTHER = {"UPDATE customers SET name = 'b'": "customers", "INSERT INTO events (kind) VALUES ('x')": "events"}
KEY = ("public", "orders", "orders_customer_id_fkey")


def looked(server, base, migration, look):
    target = migrated(server, base, migration)
    with base.connected() as before, target.connected() as after:
        return look(before, after)


def test_sequences_start_where_the_furthest_is(server18):
    migration = "INSERT INTO customers (name) VALUES ('seed'), ('seed')"
    assert (2, True) == looked(server18, shop(server18), migration, furthest)["public", "customers_id_seq"]


def test_rows_of_shared_tables_are_compared(server18):
    base = shop(server18, "INSERT INTO customers (name) VALUES ('a')")
    assert [[]] * len(SAME) == [looked(server18, base, sql, changed) for sql in SAME]
    assert [[("public", table)] for table in OTHER.values()] == [
        looked(server18, base, sql, changed) for sql in OTHER
    ]


def test_what_takes_too_long_to_look_at_is_taken_for_different(server18, monkeypatch):
    monkeypatch.setattr(likeness, "WITHIN", "1ms")
    base = shop(server18, "INSERT INTO customers (name) SELECT 'a' FROM generate_series(1, 20000)")
    assert [("public", "customers")] == looked(server18, base, "SELECT 1", changed)


@pytest.mark.parametrize(
    "sql", ["DROP TABLE orders", "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey"]
)
def test_keys_that_are_gone_are_not_shared(server18, sql):
    base = shop(server18)
    assert [KEY] == looked(server18, base, "SELECT 1", shared_keys)
    assert [] == looked(server18, base, sql, shared_keys)
