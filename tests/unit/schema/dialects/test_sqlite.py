import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.dialects.sqlite import prove
from verdigris.schema.dialects.wording import split
from verdigris.schema.finding import Layer, Outcome, Stage, Version
from verdigris.schema.script import Script
from verdigris.schema.statement import Statement

BASE = """
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE customer (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE, nick TEXT);
CREATE TABLE sqlite_sequence(name,seq);
CREATE TABLE "order" (id INTEGER PRIMARY KEY, customer INT NOT NULL REFERENCES customer, total INT NOT NULL DEFAULT 0);
CREATE INDEX by_customer ON "order" (customer);
CREATE VIEW cheap AS SELECT * FROM "order" WHERE total < 10;
COMMIT;
"""
OLD = (
    Statement("SELECT id, email FROM customer WHERE id = ?", (("1",),)),
    Statement('SELECT "nick" FROM "customer" WHERE "email" = ?', (("a@b",),)),
    Statement("INSERT INTO customer (email) VALUES ($1) RETURNING id", (("a@b",), ("c@d",))),
    Statement(
        "INSERT INTO customer (email) VALUES (:email) ON CONFLICT (email) DO UPDATE SET nick = 'x'",
        (("a@b",),),
    ),
    Statement('INSERT INTO "order" VALUES (?, ?, ?)', (("1", "1", "5"),)),
    Statement('UPDATE "order" SET total = ? WHERE id = ?', (("7", "1"),)),
    Statement("SELECT * FROM cheap"),
    Statement('SELECT total, c.email FROM "order" o JOIN customer c ON c.id = o.customer'),
    Statement("DELETE FROM customer WHERE id = ?", (("9",),)),
)
REBUILT = (
    "CREATE TABLE n ({}); INSERT INTO n SELECT {} FROM customer; DROP TABLE customer; "
    "ALTER TABLE n RENAME TO customer"
)
CUSTOMER = "id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, nick TEXT"
BREAKING = {
    "a column is dropped": ("ALTER TABLE customer DROP COLUMN nick", Layer.PARSE, {1, 3}),
    "a column is renamed": ("ALTER TABLE customer RENAME COLUMN nick TO handle", Layer.PARSE, {1, 3}),
    "a table is renamed": ("ALTER TABLE customer RENAME TO client", Layer.PARSE, {0, 1, 2, 3, 7, 8}),
    "a table is dropped": ('DROP VIEW cheap; DROP TABLE "order"', Layer.PARSE, {4, 5, 6, 7}),
    "a view is dropped": ("DROP VIEW cheap", Layer.PARSE, {6}),
    "a column more than the values": ('ALTER TABLE "order" ADD COLUMN note TEXT', Layer.PARSE, {4}),
    "a name is ambiguous now": ("ALTER TABLE customer ADD COLUMN total INT", Layer.PARSE, {7}),
    "a unique key of more": (
        REBUILT.format(CUSTOMER.replace(" UNIQUE", "") + ", UNIQUE (email, nick)", "*"), Layer.PARSE, {3},
    ),
    "a column is required now": (
        REBUILT.format(CUSTOMER.replace("nick TEXT", "nick TEXT NOT NULL"), "id, email, 'x'"), Layer.CATALOG, {2, 3},
    ),
    "a value is refused now": (REBUILT.format(CUSTOMER + ", CHECK (length(email) > 9)", "*"), Layer.ALONE, {2, 3}),
    "a trigger refuses": (
        "CREATE TRIGGER no BEFORE UPDATE ON \"order\" BEGIN SELECT RAISE(ABORT, 'no'); END", Layer.REPLAY, {5},
    ),
    "a value is refused by an update only": (
        """DROP VIEW cheap; CREATE TABLE n (id INTEGER PRIMARY KEY, customer INT, total INT CHECK (total < 6));
        DROP TABLE "order"; ALTER TABLE n RENAME TO "order"; CREATE VIEW cheap AS SELECT * FROM "order" """,
        Layer.REPLAY, {5},
    ),
}  # fmt: skip
HARMLESS = (
    "ALTER TABLE customer ADD COLUMN note TEXT",
    "ALTER TABLE customer ADD COLUMN level INT NOT NULL DEFAULT 0",
    "CREATE TABLE more (id INTEGER PRIMARY KEY)",
    'CREATE INDEX by_total ON "order" (total)',
    "DROP INDEX by_customer",
    "UPDATE customer SET nick = 'x'",
    "ALTER TABLE customer RENAME TO people; ALTER TABLE people RENAME TO customer",
    'CREATE TRIGGER seen AFTER UPDATE ON "order" BEGIN UPDATE customer SET nick = 1; END',
)


def script(sql, name="002_change.sql"):
    return Script(name, split(sql))


def cell(proof, version, stage):
    return next(
        each for each in (*proof.cells, *proof.told) if (each.version, each.stage) == (version, stage)
    )


@pytest.mark.parametrize("case", BREAKING)
def test_a_change_that_breaks_the_serving_version_is_disproven(case):
    sql, layer, places = BREAKING[case]
    proof = prove(BASE, [script(sql)], [], OLD)
    findings = cell(proof, Version.OLD, Stage.EXPANDED).findings
    broken = {n for n, each in enumerate(findings) if each.outcome is Outcome.DISPROVEN}
    assert (Outcome.DISPROVEN, places) == (proof.outcome, broken)
    assert layer in {findings[n].layer for n in places}
    assert all(findings[n].message and findings[n].sqlstate for n in places)
    assert Outcome.PROVEN is cell(proof, Version.OLD, Stage.BASE).outcome


@pytest.mark.parametrize("sql", HARMLESS)
def test_a_change_that_breaks_nothing_is_proven(sql):
    proof = prove(BASE, [script(sql)], [], OLD)
    assert [] == [
        each
        for each in cell(proof, Version.OLD, Stage.EXPANDED).findings
        if each.outcome is Outcome.DISPROVEN
    ]
    assert Outcome.PROVEN is proof.outcome


@pytest.mark.parametrize(
    "sql", ["SELECT now()::date FROM customer", "SELECT gone FROM customer", "", "SELECT '\0'"]
)
def test_a_statement_that_fails_on_the_base_is_unproven_and_never_broken(sql):
    proof = prove(BASE, [script("ALTER TABLE customer DROP COLUMN nick")], [], [Statement(sql)])
    assert [Outcome.UNPROVEN] * 2 == [each.outcome for each in proof.cells]


def test_a_quoted_name_that_is_no_column_is_not_taken_for_a_text():
    dropped = [script("ALTER TABLE customer DROP COLUMN nick")]
    proof = prove(BASE, dropped, [], [Statement('SELECT id FROM customer WHERE "nick" = ?', (("x",),))])
    assert Outcome.DISPROVEN is proof.outcome
    loose = prove(BASE, [], [], [Statement('SELECT "just a text"')])
    assert "reads it as a text" in loose.cells[0].findings[0].message


def test_a_foreign_key_counts_where_the_application_keeps_them():
    sql = REBUILT.format(CUSTOMER + ' REFERENCES "order" (total)', "*")
    old = [Statement("INSERT INTO customer (email, nick) VALUES (?, ?)", (("a@b", "4"),))]
    pragma = Statement("PRAGMA foreign_keys = ON")
    assert Outcome.PROVEN is prove(BASE, [script(sql)], [], old).outcome
    assert Outcome.DISPROVEN is prove(BASE, [script(sql)], [], [pragma, *old]).outcome


@pytest.mark.parametrize(
    ("base", "change", "complaint"),
    [
        ("CREATE TABLE a (", "", "the base schema: statement 1: incomplete input"),
        (BASE, "ALTER TABLE gone ADD x", "002_change.sql: statement 1: no such table: gone"),
        (BASE, "ALTER TABLE customer ALTER COLUMN nick TYPE int", "syntax error"),
        (BASE, "ATTACH 'x.db' AS x", "too many attached|not authorized"),
    ],
)
def test_what_fails_by_itself_is_said_with_its_place(base, change, complaint):
    with pytest.raises(ConfigError, match=complaint):
        prove(base, [script(change)], [], OLD)


def test_many_statements_are_no_burden():
    old = [Statement(f"SELECT id, {n} FROM customer WHERE email = ?", (("a",),)) for n in range(1000)]
    assert Outcome.PROVEN is prove(BASE, [script("ALTER TABLE customer DROP COLUMN nick")], [], old).outcome
