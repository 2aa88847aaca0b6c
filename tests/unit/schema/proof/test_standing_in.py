"""What is tried in the place of statements that are neither planned nor described."""

import pytest

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.parsed import parsed
from verdigris.schema.proof.standing_in import StandIn, stand_in

INSTEAD = {
    "SELECT 1": "SELECT 1",
    "/* app */ -- x\n (SELECT 1)": "/* app */ -- x\n (SELECT 1)",
    "EXPLAIN (ANALYZE, BUFFERS) SELECT id FROM orders": "SELECT id FROM orders",
    "explain analyze delete from orders": "delete from orders",
    "DECLARE c NO SCROLL CURSOR WITH HOLD FOR SELECT id FROM orders;": "SELECT id FROM orders",
    "PREPARE p (int, text) AS SELECT $1": "SELECT $1",
    "COPY (SELECT id FROM orders) TO STDOUT": "SELECT id FROM orders",
    "COPY orders (id, total) FROM STDIN (FORMAT csv)": "INSERT INTO orders (id, total) VALUES (NULL, NULL)",
    'COPY public."orders" (id) TO STDOUT': 'SELECT id FROM public."orders"',
    "copy orders to stdout": "SELECT FROM orders",
    "TRUNCATE TABLE orders, events CASCADE": "SELECT FROM orders, events",
    "LOCK TABLE orders IN SHARE MODE": "SELECT FROM orders",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY orders": "SELECT FROM orders",
}
IDLE = [
    "BEGIN",
    "commit;",
    "SET search_path = x",
    "PREPARE TRANSACTION 'x'",
    "FETCH 10 FROM c",
    "LISTEN x",
    "-- x\nROLLBACK",
]
REASONS = {
    "": "no statement", "  ;; ": "no statement", "-- only words": "no statement", "DO $$ BEGIN END $$": "DO block",
    "CREATE TABLE x (id int)": "CREATE is not planned", "VACUUM orders": "VACUUM is not planned",
}  # fmt: skip


@pytest.mark.parametrize("sql", INSTEAD)
def test_the_same_names_are_tried(sql):
    assert INSTEAD[sql] == stand_in(sql).sql
    assert not stand_in(sql).reason


def test_what_stands_in_can_be_prepared(server):
    with shop(server).connected() as connection:
        found = parsed(connection, [(sql, ()) for sql in INSTEAD.values()])
    assert [] == [each.fault for each in found if each.fault]


@pytest.mark.parametrize("sql", IDLE)
def test_what_names_nothing_needs_no_trial(sql):
    assert stand_in(sql).idle


@pytest.mark.parametrize("sql", REASONS)
def test_what_cannot_be_tried_says_why(sql):
    assert REASONS[sql] in stand_in(sql).reason


def test_a_call_is_parsed_and_not_planned_and_nonsense_is_for_the_server_to_judge():
    assert StandIn("CALL p(1)", plans=False) == stand_in("CALL p(1)")
    assert StandIn("REPLACE INTO x", plans=False) == stand_in("REPLACE INTO x")
