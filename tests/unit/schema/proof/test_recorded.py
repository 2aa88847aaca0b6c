"""A run is executed in its order, and nothing of it stays."""

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.recorded import run
from verdigris.schema.proof.sequences import positions
from verdigris.schema.proof.trying import Try

RUN = [
    Try(0, "INSERT INTO customers (name) VALUES ($1) RETURNING id", (), ("ada",)),
    Try(1, "INSERT INTO orders (customer_id) VALUES ($1)", (), ("99",)),
    Try(2, "INSERT INTO orders (customer_id) VALUES ($1)", (), ("1",)),
    Try(3, "SELECT name FROM customers", (), ()),
]


def test_what_fails_is_taken_back_by_itself_and_the_run_goes_on(server):
    base = shop(server)
    found = run(base, "", RUN, {})
    assert [("", 1), ("23503", 0), ("", 1), ("", 1)] == [(each.sqlstate, each.count) for each in found]
    with base.connected() as connection:
        assert (0,) == connection.execute("SELECT count(*) FROM customers").fetchone()


def test_keys_are_the_same_each_time(server18):
    base = shop(server18)
    with base.connected() as connection:
        start = positions(connection)
    assert run(base, "", RUN, start) == run(base, "", RUN, start)


def test_what_waits_for_a_commit_is_asked_at_once(server18):
    late = "ALTER TABLE orders ADD FOREIGN KEY (qty) REFERENCES customers (id) DEFERRABLE INITIALLY DEFERRED"
    base = shop(server18, late)
    assert ["", "23503", "", ""] == [each.sqlstate for each in run(base, "", RUN, {})]


def test_foreign_keys_are_left_out_where_they_are_not_wanted(server18):
    base = shop(server18)
    key = ("public", "orders", "orders_customer_id_fkey")
    assert ["", "", "", ""] == [each.sqlstate for each in run(base, "", RUN, {}, [key])]
    with base.connected() as connection:
        assert (1,) == connection.execute(
            "SELECT count(*) FROM pg_constraint WHERE conname = %s", key[2:]
        ).fetchone()
