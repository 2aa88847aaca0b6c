import pytest

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.dialects.mariadb import Server, prove, split
from verdigris.schema.finding import Layer, Outcome, Stage
from verdigris.schema.script import Script
from verdigris.schema.statement import Statement

BASE = """
/*!40101 SET NAMES utf8mb4 */;
-- the shop's; tables
CREATE TABLE customer (
  id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(100) NOT NULL, nick VARCHAR(50), state ENUM('new', 'old') NOT NULL
  DEFAULT 'new', UNIQUE KEY by_email (email)
);
CREATE TABLE `order` (id INT PRIMARY KEY, customer INT NOT NULL, amount INT NOT NULL DEFAULT 0);
CREATE VIEW cheap AS SELECT * FROM `order` WHERE amount < 10;
"""
OLD = (
    Statement("SELECT id, email FROM customer WHERE id = $1", (("1",),)),
    Statement("SELECT nick FROM customer WHERE email = ?", (("a@b",),)),
    Statement("INSERT INTO customer (email) VALUES ($1)", (("a@b",), ("c@d",))),
    Statement(
        "INSERT INTO customer (email, nick) VALUES (?, 'x') ON DUPLICATE KEY UPDATE nick = 'y'",
        (("a@b",), ("a@b",)),
    ),
    Statement("UPDATE customer SET state = ? WHERE email = ?", (("old", "a@b"),)),
    Statement("INSERT INTO `order` VALUES (?, ?, ?)", (("1", "1", "5"),)),
    Statement("SELECT * FROM cheap"),
    Statement("SELECT amount, c.email FROM `order` o JOIN customer c ON c.id = o.customer"),
)
BREAKING = {
    "a column is dropped": ("ALTER TABLE customer DROP COLUMN nick", Layer.PARSE, {1, 3}),
    "a column is renamed": ("ALTER TABLE customer RENAME COLUMN nick TO handle", Layer.PARSE, {1, 3}),
    "a table is renamed": ("RENAME TABLE customer TO client", Layer.PARSE, {0, 1, 2, 3, 4, 7}),
    "a view is dropped": ("DROP VIEW cheap", Layer.PARSE, {6}),
    "a column more than the values": ("ALTER TABLE `order` ADD COLUMN note TEXT", Layer.PARSE, {5}),
    "a name is ambiguous now": ("ALTER TABLE customer ADD COLUMN amount INT", Layer.PARSE, {7}),
    "a column is required": ("ALTER TABLE customer ADD COLUMN code INT NOT NULL", Layer.CATALOG, {2, 3}),
    "a default is gone": ("ALTER TABLE customer ALTER COLUMN state DROP DEFAULT", Layer.CATALOG, {2, 3}),
    "a value is too long now": ("ALTER TABLE customer MODIFY email VARCHAR(2) NOT NULL", Layer.ALONE, {2, 3}),
    "a value is refused now": ("ALTER TABLE customer ADD CHECK (email LIKE '%.%')", Layer.ALONE, {2, 3}),
    "a label is gone": (
        "ALTER TABLE customer MODIFY state ENUM('new', 'gone') NOT NULL DEFAULT 'new'", Layer.REPLAY, {4},
    ),
    "a key is of less": ("ALTER TABLE customer ADD UNIQUE (state)", Layer.REPLAY, {2}),
}  # fmt: skip
HARMLESS = (
    "ALTER TABLE customer ADD COLUMN note TEXT",
    "ALTER TABLE customer ADD COLUMN level INT NOT NULL DEFAULT 0",
    "CREATE TABLE more (id INT PRIMARY KEY)",
    "CREATE INDEX by_nick ON customer (nick)",
    "ALTER TABLE customer MODIFY email VARCHAR(200) NOT NULL",
    "ALTER TABLE customer MODIFY state ENUM('new', 'old', 'more') NOT NULL DEFAULT 'new'",
    "UPDATE customer SET nick = 'it\\'s; x'",
)


def expanded(proof):
    return next(each for each in proof.cells if each.stage is Stage.EXPANDED).findings


def script(sql):
    return Script("002_change.sql", split(sql))


@pytest.mark.parametrize("case", BREAKING)
def test_a_change_that_breaks_the_serving_version_is_disproven(mariadb, case):
    sql, layer, places = BREAKING[case]
    findings = expanded(prove(mariadb, BASE, [script(sql)], [], OLD))
    broken = {n: each for n, each in enumerate(findings) if each.outcome is Outcome.DISPROVEN}
    assert (places, {layer}) == (set(broken), {each.layer for each in broken.values()})
    assert all(each.message and each.sqlstate for each in broken.values())
    if layer is not Layer.REPLAY:
        assert {"002_change.sql: statement 1"} == {each.step for each in broken.values()}


@pytest.mark.parametrize("sql", HARMLESS)
def test_a_change_that_breaks_nothing_is_proven(mariadb, sql):
    proof = prove(mariadb, BASE, [script(sql)], [], OLD)
    assert [Outcome.PROVEN] * len(OLD) == [each.outcome for each in expanded(proof)]


def test_a_statement_of_another_database_is_unproven(mariadb):
    old = [Statement("SELECT now()::date"), Statement("SELECT '\udcff'"), Statement("")]
    proof = prove(mariadb, BASE, [], [], old)
    assert {Outcome.UNPROVEN} == {each.outcome for each in expanded(proof)}


def test_a_server_that_goes_away_breaks_no_statement(mariadb):
    scratch = mariadb.scratch()
    with mariadb.connected() as connection, connection.cursor() as cursor:
        cursor.execute("KILL %s", (scratch._connection.thread_id(),))
    with pytest.raises(ActionError, match="the scratch server went away"):
        scratch.executed("SELECT 1", ())
    scratch.close()
    with mariadb.connected() as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE `{scratch.name}`")


def test_nothing_is_left_on_the_server(mariadb):
    prove(mariadb, BASE, [], [], OLD)
    with mariadb.connected() as connection, connection.cursor() as cursor:
        cursor.execute("SHOW DATABASES LIKE 'verdigris%'")
        assert () == cursor.fetchall()


def test_a_migration_that_fails_is_said_with_its_place(mariadb):
    with pytest.raises(ConfigError, match=r"002_change\.sql: statement 2: .*gone"):
        prove(mariadb, BASE, [script("SELECT 1; ALTER TABLE gone ADD x INT")], [], OLD)


def test_a_server_that_is_not_there_is_said():
    with pytest.raises(ActionError, match="the scratch server cannot be reached"):
        Server({"host": "127.0.0.1", "port": 1, "user": "root", "password": "hunter22"}).scratch()


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", ()),
        ("; -- x\n # y\n /* z */ ;", ()),
        ('select \';\', "a;\\"b", `c;d`; select 2 # ; \n', ('select \';\', "a;\\"b", `c;d`', "select 2 # ;")),
        ("/*!40101 set names utf8 */; select 1--1", ("/*!40101 set names utf8 */", "select 1--1")),
    ],
)
def test_statements_end_where_mariadb_ends_them(sql, statements):
    assert statements == split(sql)


def test_another_delimiter_is_refused():
    with pytest.raises(ConfigError, match="DELIMITER is a command of the client"):
        split("select 1;\nDELIMITER //\n")


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE customer ADD UNIQUE (nick)",
        "ALTER TABLE customer ADD UNIQUE (nick, email(1))",
        "ALTER TABLE customer MODIFY nick INT",
        "ALTER TABLE customer MODIFY nick DATE",
        "ALTER TABLE customer MODIFY nick VARCHAR(2)",
    ],
)
def test_what_somebody_wrote_is_in_no_message(mariadb, sql):
    runs = (("s1@example", "o'hidden for key"), ("s2@example", "o'hidden for key"))
    old = [Statement("INSERT INTO customer (email, nick) VALUES (?, ?)", runs)]
    proof = prove(mariadb, BASE, [script(sql)], [], old)
    assert Outcome.DISPROVEN is proof.outcome
    assert not any(word in repr(proof) for word in ("hidden", "@example"))
