"""Migrations are run on a shadow as a runner would run them."""

import pytest

from tests.unit.schema.proof.shop import script, shop
from verdigris.core.errors import ConfigError
from verdigris.schema.proof import applied
from verdigris.schema.proof.applied import apply, way_of
from verdigris.schema.script import Script

ADD = "ALTER TABLE events ADD COLUMN extra int"


def columns(database):
    with database.connected() as connection:
        rows = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'events'::regclass AND attnum > 0"
        )
        return [name for (name,) in rows]


def test_a_script_is_one_transaction(server):
    database = shop(server)
    with pytest.raises(
        ConfigError, match=r"001.sql: statement 2 fails on the shadow: .*nobody.* \(SQLSTATE 42P01\)"
    ):
        apply(database, [script(ADD, "DROP TABLE nobody")])
    assert "extra" not in columns(database)


def test_what_no_transaction_can_hold_is_run_by_itself(server):
    database = shop(server)
    apply(database, [script(ADD, "CREATE INDEX CONCURRENTLY ON events (kind)", ADD.replace("extra", "more"))])
    assert {"extra", "more"} <= set(columns(database))


def test_what_is_deferred_fails_at_the_end_and_is_told(server):
    database = shop(server)
    defer = "ALTER TABLE orders ALTER CONSTRAINT orders_customer_id_fkey DEFERRABLE INITIALLY DEFERRED"
    with pytest.raises(ConfigError, match="SQLSTATE 23503"):
        apply(
            database, [script(defer), script("INSERT INTO orders (customer_id) VALUES (7)", name="002.sql")]
        )


def test_percent_signs_are_no_placeholders(server):
    apply(shop(server), [script("COMMENT ON TABLE events IS '100 %s %(x)s'")])


def test_a_migration_that_hangs_is_ended_and_told(server, monkeypatch):
    monkeypatch.setattr(applied, "WITHIN", "100ms")
    with pytest.raises(ConfigError, match="waits for what never comes"):
        apply(shop(server), [script("SELECT pg_sleep(60)")])


def test_way_of_names_each_statement_and_passes_over_what_fails(server):
    database = shop(server)
    scripts = [script("DROP TABLE nobody", ADD), Script("002.sql", ("SELECT 1",))]
    assert [
        ("001.sql: statement 1", ""),
        ("001.sql: statement 2", "001.sql"),
        ("002.sql: statement 1", "002.sql"),
    ] == list(way_of(scripts).go(database))
    assert "extra" in columns(database)
