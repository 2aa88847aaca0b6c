"""What the catalog newly demands: a break where every row fails, a doubt where values decide, nothing where neither."""

from __future__ import annotations

import pytest

from verdigris.schema.catalog.difference import difference
from verdigris.schema.catalog.snapshot import read
from verdigris.schema.finding import Layer, Outcome
from verdigris.schema.proof.omitted import judged, omitted
from verdigris.schema.statement import Statement

BASE = """
CREATE SCHEMA "Odd Schema";
CREATE DOMAIN filled AS text NOT NULL DEFAULT 'x';
CREATE TABLE customers (id serial PRIMARY KEY, name text);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id int, total int NOT NULL DEFAULT 0, note text, code text);
CREATE TABLE "Odd Schema"."or""der" ("SELECT" int, "Ünïcode" text);
CREATE TABLE parted (id int, at date NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE parted_a PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
CREATE TABLE parent (id int, note text);
CREATE TABLE child () INHERITS (parent);
CREATE VIEW plain AS SELECT id AS number, note AS remark FROM orders;
CREATE VIEW onto AS SELECT number, remark FROM plain;
CREATE VIEW instead AS SELECT id, note FROM orders;
CREATE VIEW ruled AS SELECT id, note FROM orders;
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.note := 1; RETURN NEW; END';
CREATE FUNCTION noop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER i INSTEAD OF INSERT ON instead FOR EACH ROW EXECUTE FUNCTION noop();
CREATE RULE r AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE TABLE watched (id int, note text);
CREATE TRIGGER f BEFORE INSERT ON watched FOR EACH ROW EXECUTE FUNCTION fill();
"""


@pytest.fixture
def found(server):
    """What is found against statements after a migration, which is undone again."""
    with server.create().connected() as connection:
        connection.execute(BASE)
        before = read(connection)

        def ask(migration, *statements):
            with connection.transaction(force_rollback=True):
                connection.execute(migration)
                after = read(connection)
            changes = difference(before, after)
            some = [one if isinstance(one, Statement) else Statement(one) for one in statements]
            findings = {n: judged(one, before, after, changes) for n, one in enumerate(some)}
            return {n: one for n, one in findings.items() if one is not None}

        yield ask


REQUIRED = "ALTER TABLE orders ADD stamp text NOT NULL"
NOT_NULL = "ALTER TABLE orders ALTER note SET NOT NULL"
BREAKS = {
    REQUIRED: [
        (
            "INSERT INTO orders (total) VALUES (1)",
            "23502",
            "orders.stamp is NOT NULL without a default; this INSERT omits it",
        ),
        ("INSERT INTO orders DEFAULT VALUES", "23502", "omits it"),
        ("INSERT INTO orders VALUES (1, 2, 3, 'n', 'c')", "23502", "omits it"),
        ("INSERT INTO public.orders (total) SELECT id FROM customers", "23502", "omits it"),
        (
            "WITH a AS (INSERT INTO orders (total) VALUES (1) RETURNING id) SELECT * FROM a",
            "23502",
            "omits it",
        ),
        ("INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET total = 2", "23502", "omits it"),
        (
            ("MERGE INTO orders USING customers c ON false WHEN NOT MATCHED THEN INSERT (total) VALUES (1)"),
            "23502",
            "this MERGE omits it",
        ),
        ("COPY orders (total) FROM STDIN", "23502", "this COPY omits it"),
        ("INSERT INTO plain (remark) VALUES ('x')", "23502", "orders.stamp is NOT NULL"),
        ("INSERT INTO onto VALUES (1, 'x')", "23502", "orders.stamp is NOT NULL"),
    ],
    "ALTER TABLE orders ADD stamp text": [
        ("COPY orders FROM STDIN", "22P04", "orders has 6 columns instead of 5"),
    ],
    ("ALTER TABLE orders ADD stamp int NOT NULL DEFAULT 0; ALTER TABLE orders ALTER stamp DROP DEFAULT"): [
        ("INSERT INTO orders (total) VALUES (1)", "23502", "omits it"),
    ],
    "ALTER TABLE orders ALTER total DROP DEFAULT": [
        ("INSERT INTO orders (note) VALUES ($1)", "23502", "orders.total is NOT NULL without a default"),
        ("INSERT INTO orders (total) VALUES (DEFAULT)", "23502", "leaves it to the default"),
        ("UPDATE orders SET total = DEFAULT", "23502", "leaves it to the default"),
    ],
    NOT_NULL: [
        ("INSERT INTO orders (total) VALUES (1)", "23502", "orders.note is NOT NULL without a default"),
        (
            "INSERT INTO orders (note) VALUES (NULL)",
            "23502",
            "orders.note is NOT NULL; this INSERT writes NULL into it",
        ),
        ("INSERT INTO orders (note) VALUES ('a'), (NULL::text)", "23502", "writes NULL into it"),
        ("UPDATE orders SET note = NULL WHERE id = $1", "23502", "this UPDATE writes NULL into it"),
        ("UPDATE orders SET (code, note) = ('a', NULL)", "23502", "this UPDATE writes NULL"),
        ("UPDATE plain SET remark = NULL", "23502", "orders.note is NOT NULL"),
        (
            "INSERT INTO orders (id, note) VALUES (1, 'x') ON CONFLICT (id) DO UPDATE SET note = NULL",
            "23502",
            "writes NULL",
        ),
    ],
    'ALTER TABLE "Odd Schema"."or""der" ADD "Nöt" int NOT NULL': [
        (
            'INSERT INTO "Odd Schema"."or""der" ("SELECT") VALUES (1)',
            "23502",
            'Odd Schema.or"der.Nöt is NOT NULL',
        ),
    ],
    "ALTER TABLE parted ALTER note SET NOT NULL": [
        ("INSERT INTO parted (id, at) VALUES (1, now())", "23502", "parted.note"),
        ("INSERT INTO parted_a (id, at) VALUES (1, now())", "23502", "parted_a.note"),
    ],
    "ALTER TABLE parent ALTER note SET NOT NULL": [
        ("INSERT INTO child (id) VALUES (1)", "23502", "child.note"),
    ],
    "ALTER TABLE orders DROP code, ADD code text GENERATED ALWAYS AS ('x') STORED": [
        ("INSERT INTO orders (code) VALUES ('a')", "428C9", "orders.code is always generated"),
        ("UPDATE orders SET code = 'a'", "428C9", "orders.code is always generated"),
    ],
    "ALTER TABLE orders ALTER total DROP DEFAULT, ALTER total ADD GENERATED ALWAYS AS IDENTITY": [
        ("INSERT INTO orders (total) VALUES (1)", "428C9", "orders.total is always generated"),
    ],
    "CREATE DOMAIN strict AS text NOT NULL; ALTER TABLE orders ADD stamp strict": [
        ("INSERT INTO orders (total) VALUES (1)", "23502", "orders.stamp is NOT NULL"),
    ],
    "ALTER TABLE orders ALTER note SET DEFAULT NULL::text, ALTER note SET NOT NULL": [
        ("INSERT INTO orders (total) VALUES (1)", "23502", "orders.note"),
    ],
}


def test_what_fails_whenever_a_row_is_written_is_disproven(found):
    for migration, cases in BREAKS.items():
        findings = found(migration, *(sql for sql, _sqlstate, _words in cases))
        for number, (sql, sqlstate, words) in enumerate(cases):
            assert number in findings, (migration, sql)
            one = findings[number]
            assert (Outcome.DISPROVEN, Layer.CATALOG, sqlstate) == (one.outcome, one.layer, one.sqlstate)
            assert words in one.message


HARMLESS = {
    "SELECT 1": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ADD stamp text": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ADD stamp text NOT NULL DEFAULT 'x'": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ADD stamp timestamptz NOT NULL DEFAULT now()": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ADD stamp serial": [
        "INSERT INTO orders VALUES (1, 2, 3)",
    ],
    "ALTER TABLE orders ADD stamp int GENERATED ALWAYS AS IDENTITY": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ADD stamp int GENERATED ALWAYS AS (total) STORED": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ADD stamp filled": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    REQUIRED: [
        "UPDATE orders SET total = 1",
        "SELECT * FROM orders",
        "DELETE FROM orders",
        "INSERT INTO customers (name) VALUES ('a')",
        "EXPLAIN INSERT INTO orders (total) VALUES (1)",
        "INSERT INTO nowhere (a) VALUES (1)",
        "INSERT INTO instead (note) VALUES ('a')",
        "INSERT INTO ruled (note) VALUES ('a')",
        "this is no SQL",
        "",
    ],
    NOT_NULL: [
        "INSERT INTO orders (note) VALUES ('a')",
        "UPDATE orders SET note = coalesce(NULL, 'a')",
    ],
    "ALTER TABLE orders ALTER total DROP DEFAULT": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ALTER total SET DEFAULT 7": [
        "INSERT INTO orders (note) VALUES ('a')",
    ],
    "ALTER TABLE watched ALTER note SET NOT NULL": [
        "INSERT INTO watched (id) VALUES (1)",
        "INSERT INTO watched (note) VALUES (NULL)",
    ],
    (
        "ALTER TABLE orders ALTER id DROP DEFAULT; "
        "ALTER TABLE orders ALTER id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME new_seq)"
    ): [
        "INSERT INTO orders (id) OVERRIDING SYSTEM VALUE VALUES (1)",
    ],
    "ALTER TABLE orders ADD CHECK (total > 0)": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    "ALTER TABLE orders ADD UNIQUE (code)": [
        "INSERT INTO orders (code) VALUES ('a')",
    ],
    "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers": [
        "INSERT INTO orders (customer_id) VALUES (1)",
    ],
    "ALTER TABLE orders RENAME TO purchases; CREATE VIEW orders AS SELECT * FROM purchases": [
        "INSERT INTO orders (total) VALUES (1)",
    ],
    (
        "ALTER TABLE parted ALTER note SET NOT NULL; "
        "CREATE TRIGGER f BEFORE INSERT ON parted_a FOR EACH ROW EXECUTE FUNCTION fill()"
    ): [
        "INSERT INTO parted (id, at) VALUES (1, now())",
    ],
    "ALTER TABLE parent ADD CONSTRAINT p CHECK (note IS NOT NULL) NO INHERIT": [
        "INSERT INTO child (id) VALUES (1)",
    ],
}


def test_nothing_is_said_of_what_passes_or_of_what_another_layer_knows(found):
    said = {migration: found(migration, *cases) for migration, cases in HARMLESS.items()}
    assert {} == {migration: findings for migration, findings in said.items() if findings}


def test_a_default_that_is_null_fills_nothing(found):
    migration = (
        "ALTER TABLE orders ADD stamp varchar(9) DEFAULT NULL::varchar(9);"
        "ALTER TABLE orders ALTER stamp SET NOT NULL"
    )
    assert Outcome.DISPROVEN is found(migration, "INSERT INTO orders (total) VALUES (1)")[0].outcome


def test_a_parameter_that_was_seen_null_breaks_and_one_that_was_not_does_not(found):
    sql = "INSERT INTO orders (total, note) VALUES ($1, $2::text)"
    seen = Statement(sql, runs=(("1", "secret"), ("2", None)))
    unseen = Statement(sql, runs=(("1", "secret"), (None, "secret")))
    findings = found(NOT_NULL, unseen, seen)
    assert [1] == list(findings)
    assert "orders.note is NOT NULL; this INSERT was seen to send NULL for it" == findings[1].message
    assert "secret" not in repr(findings)


DOUBTS = {
    "ALTER TABLE orders ADD CONSTRAINT k CHECK (total > 0)": [
        ("INSERT INTO orders (total) VALUES ($1)", "orders.k: CHECK added"),
    ],
    "ALTER TABLE orders ADD UNIQUE (code)": [
        ("UPDATE orders SET code = $1", "UNIQUE added"),
    ],
    "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers": [
        ("INSERT INTO orders (customer_id) VALUES ($1)", "FOREIGN KEY added"),
    ],
    "CREATE TRIGGER t BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION noop()": [
        ("INSERT INTO orders (total) VALUES ($1)", "trigger added"),
    ],
    "ALTER TABLE orders ALTER code TYPE varchar(3)": [
        ("UPDATE orders SET code = $1", "type text is character varying(3)"),
    ],
}


def test_what_values_decide_is_unproven_where_none_were_seen(found):
    for migration, ((sql, words),) in DOUBTS.items():
        findings = found(migration, Statement(sql, runs=(("1",),)), sql)
        assert [1] == list(findings)
        assert (Outcome.UNPROVEN, Layer.CATALOG) == (findings[1].outcome, findings[1].layer)
        assert words in findings[1].message


def test_a_column_that_the_doubt_is_not_about_has_none(found):
    assert {} == found("ALTER TABLE orders ADD UNIQUE (code)", "UPDATE orders SET total = $1")


def test_what_failed_before_is_not_broken_now(server):
    """Of a column that was required already, nothing is new."""
    base = server.create()
    with base.connected() as connection:
        connection.execute("CREATE TABLE t (a int NOT NULL, b int)")
    with server.copy(base) as target:
        with target.connected() as connection:
            connection.execute("ALTER TABLE t ALTER b SET NOT NULL")
        found = omitted(
            [Statement("INSERT INTO t (b) VALUES (1)"), Statement("INSERT INTO t (a) VALUES (1)")],
            base,
            target,
        )
    assert {1: "t.b is NOT NULL without a default; this INSERT omits it"} == {
        n: one.message for n, one in found.items()
    }
