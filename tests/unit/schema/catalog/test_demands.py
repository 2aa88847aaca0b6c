"""What constraints and indexes newly demand, or demand no more."""

from __future__ import annotations

from .conftest import check

TABLE = {
    "ALTER TABLE orders ADD CONSTRAINT k CHECK (total < 10)": ["orders.k: CHECK added (total) = contract"],
    "ALTER TABLE orders ADD CONSTRAINT k CHECK (total < 10) NOT VALID": [
        "orders.k: CHECK added (total) = contract"
    ],
    "ALTER TABLE customers VALIDATE CONSTRAINT few": [
        "customers.few: validated over the rows that are there = backfill"
    ],
    "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (code) REFERENCES orders (code) NOT VALID": [
        "orders.k: FOREIGN KEY added (code) = contract"
    ],
    "ALTER TABLE orders ADD CONSTRAINT k UNIQUE (customer_id)": [
        "orders.k: UNIQUE added (customer_id) = contract"
    ],
    "ALTER TABLE orders ADD CONSTRAINT k UNIQUE USING INDEX orders_code": [
        "orders.k: UNIQUE added (code) = (expand)"
    ],
    "ALTER TABLE orders ADD CONSTRAINT k EXCLUDE (code WITH =)": [
        "orders.k: EXCLUDE added (code) = contract"
    ],
    "ALTER TABLE orders DROP CONSTRAINT orders_total_check": [
        "orders.orders_total_check: CHECK dropped (total) = (expand)"
    ],
    "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey": [
        "orders.orders_customer_id_fkey: FOREIGN KEY dropped (customer_id) = (expand)"
    ],
    "ALTER TABLE customers DROP CONSTRAINT customers_mail_key": [
        "customers.customers_mail_key: UNIQUE dropped (mail) = contract"
    ],
    "ALTER TABLE customers DROP CONSTRAINT customers_mail_key; CREATE UNIQUE INDEX k ON customers (mail) WHERE n > 0": [
        "customers.customers_mail_key: UNIQUE dropped (mail) = contract",
        "customers.k: unique index added (mail) WHERE (n > 0) = expand",
    ],
    "ALTER TABLE customers DROP CONSTRAINT customers_mail_key; CREATE UNIQUE INDEX k ON customers (mail, n)": [
        "customers.customers_mail_key: UNIQUE dropped (mail) = contract",
        "customers.k: unique index added (mail, n) = expand",
    ],
    "CREATE INDEX k ON orders (total)": ["orders.k: index added (total) = (expand)"],
    "CREATE INDEX k ON orders (lower(code))": ["orders.k: index added (an expression) = (expand)"],
    "CREATE UNIQUE INDEX k ON orders (total)": ["orders.k: unique index added (total) = contract"],
    "CREATE UNIQUE INDEX k ON orders (lower(code))": [
        "orders.k: unique index added (an expression) = contract"
    ],
    "DROP INDEX orders_customer": ["orders.orders_customer: index dropped = contract"],
    "DROP INDEX orders_code": ["orders.orders_code: unique index dropped = contract"],
    "REINDEX TABLE orders": [],
    "ALTER TABLE orders ADD a text UNIQUE": [
        "orders.a: column added (text) = expand",
        "orders.orders_a_key: UNIQUE added (a) = expand",
    ],
    "ALTER TABLE orders ADD a text DEFAULT 'x' UNIQUE": [
        "orders.a: column added (text) = expand",
        "orders.orders_a_key: UNIQUE added (a) = contract",
    ],
    "ALTER TABLE orders ADD a int REFERENCES customers": [
        "orders.a: column added (integer) = expand",
        "orders.orders_a_fkey: FOREIGN KEY added (a) = expand",
    ],
    "ALTER TABLE orders ADD a int CHECK (a > 0)": [
        "orders.a: column added (integer) = expand",
        "orders.orders_a_check: CHECK added (a) = expand",
    ],
    "ALTER TABLE orders ADD a int CHECK (a IS NOT NULL)": [
        "orders.a: column added (integer) = expand",
        "orders.orders_a_check: CHECK added (a) = contract",
    ],
    "ALTER TABLE orders RENAME CONSTRAINT orders_total_check TO k": [
        "orders.orders_total_check: renamed to k = (expand)"
    ],
    "ALTER TABLE customers RENAME CONSTRAINT customers_mail_key TO k": [
        "customers.customers_mail_key: renamed to k = both"
    ],
    "ALTER INDEX orders_customer RENAME TO k": [],
}


def test_each_demand_is_told_with_what_it_makes_of_the_migration(told):
    check(told, TABLE)


def test_a_check_whose_column_is_renamed_is_the_same(told):
    assert ["orders.total: renamed to amount = both"] == told("ALTER TABLE orders RENAME total TO amount")


def test_not_null_may_wait_for_its_validation_from_18_on(server18, told, server):
    if server is not server18:
        return
    added = "ALTER TABLE orders ADD CONSTRAINT k NOT NULL code NOT VALID"
    assert ["orders.code: NOT NULL added = contract"] == told(added)
    unenforced = "ALTER TABLE orders ADD CONSTRAINT k CHECK (total < 10) NOT ENFORCED"
    assert ["orders.k: CHECK added (total), not enforced = (expand)"] == told(unenforced)
