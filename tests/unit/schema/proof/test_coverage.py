"""What a migration touches and no statement does."""

from __future__ import annotations

import pytest

from verdigris.schema.catalog.change import Change
from verdigris.schema.proof.coverage import coverage
from verdigris.schema.script import Kind
from verdigris.schema.statement import Statement

DROPPED = Change("orders.code", "column dropped", Kind.CONTRACT, "orders", "code")
SECURED = Change("orders", "row level security enabled", Kind.CONTRACT, "orders")
MOVED = Change("other.t.a", "NOT NULL added", Kind.CONTRACT, "other.t", "a")
FRESH = Change("orders.a", "column added (text)", Kind.EXPAND, "orders", "a", fresh=True)
TYPE = Change("status: label added", "x", Kind.EXPAND)


@pytest.mark.parametrize(
    ("change", "sql", "unseen"),
    [
        (DROPPED, "SELECT code FROM orders", ()),
        (DROPPED, "SELECT total FROM orders", ("orders.code",)),
        (DROPPED, "SELECT o.code FROM orders o", ()),
        (DROPPED, "SELECT * FROM public.orders", ()),
        (DROPPED, "INSERT INTO orders (total) VALUES (1)", ()),
        (DROPPED, "UPDATE orders SET total = 1", ("orders.code",)),
        (DROPPED, "SELECT code FROM customers", ("orders.code",)),
        (DROPPED, "no SQL", ("orders.code",)),
        (SECURED, "DELETE FROM orders", ()),
        (SECURED, "SELECT 1", ("orders",)),
        (MOVED, "SELECT a FROM other.t", ()),
        (MOVED, "SELECT a FROM t", ()),
        (MOVED, "SELECT a FROM third.t", ("other.t.a",)),
        (FRESH, "SELECT 1", ()),
    ],
)
def test_a_change_is_seen_where_a_statement_names_it(change, sql, unseen):
    found = coverage([change], [Statement(sql)])
    assert unseen == found.unseen
    assert (f"{change.relation}.{change.column}" if change.column else change.relation,) == found.touched


def test_what_is_no_table_is_not_counted():
    assert ((), ()) == (coverage([TYPE], []).touched, coverage([TYPE], []).unseen)


def test_without_statements_nothing_is_seen():
    assert ("orders.code", "orders") == coverage([DROPPED, SECURED, DROPPED], []).unseen
