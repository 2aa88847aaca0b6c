"""What a statement is, and whether it may stand inside a transaction; the latter as both servers answer."""

from __future__ import annotations

import pytest

from verdigris.schema.parsing import Sort, alone, concurrently, kind, split
from verdigris.schema.shadow.database import client

KINDS = {
    "SELECT 1": Sort.SELECT,
    "VALUES (1)": Sort.SELECT,
    "WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a": Sort.SELECT,
    "SELECT 1 INTO t": Sort.DDL,
    "CREATE TABLE t AS SELECT 1": Sort.DDL,
    "INSERT INTO t VALUES (1)": Sort.INSERT,
    "UPDATE t SET a = 1": Sort.UPDATE,
    "DELETE FROM t": Sort.DELETE,
    "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE": Sort.MERGE,
    "COPY t FROM STDIN": Sort.COPY,
    "BEGIN": Sort.TRANSACTION,
    "SAVEPOINT a": Sort.TRANSACTION,
    "SET lock_timeout = 1": Sort.SETTING,
    "SHOW all": Sort.SETTING,
    "DISCARD ALL": Sort.SETTING,
    "DO $$ BEGIN END $$": Sort.UTILITY,
    "TRUNCATE t": Sort.UTILITY,
    "LOCK TABLE t": Sort.UTILITY,
    "EXPLAIN SELECT 1": Sort.UTILITY,
    "-- nothing": Sort.UTILITY,
    "ALTER TABLE t ADD a int": Sort.DDL,
    "GRANT SELECT ON t TO public": Sort.DDL,
    "COMMENT ON TABLE t IS 'x'": Sort.DDL,
}


@pytest.mark.parametrize(("sql", "sort"), KINDS.items())
def test_a_statement_is_for_one_thing(sql, sort):
    assert sort == kind(sql)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "CONCURRENTLY"),
        ("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS j ON t (a)", "CONCURRENTLY"),
        ("DROP INDEX CONCURRENTLY k", "CONCURRENTLY"),
        ("REINDEX INDEX CONCURRENTLY k", "CONCURRENTLY"),
        ("REINDEX (CONCURRENTLY) TABLE t", "CONCURRENTLY"),
        ("ALTER TABLE parted DETACH PARTITION part CONCURRENTLY", "CONCURRENTLY"),
        ("VACUUM (FULL) t", "VACUUM"),
        ("REINDEX SCHEMA public", "REINDEX of more than one table"),
        ("CREATE DATABASE verdigris_other", "CREATE DATABASE"),
        ("DROP DATABASE IF EXISTS verdigris_other", "DROP DATABASE"),
        ("ALTER SYSTEM SET work_mem = '4MB'", "ALTER SYSTEM"),
        ("CLUSTER", "CLUSTER of more than one table"),
        ("CREATE INDEX l ON t (a)", ""),
        ("REINDEX TABLE t", ""),
        ("ALTER TABLE parted DETACH PARTITION part", ""),
        ("ANALYZE t", ""),
        ("CLUSTER t USING k", ""),
        ("ALTER TYPE e ADD VALUE 'b'", ""),
        ("TRUNCATE t", ""),
    ],
)
def test_what_cannot_stand_in_a_transaction_is_what_the_server_refuses_there(server, sql, words):
    assert (words, words == "CONCURRENTLY") == (alone(sql), concurrently(sql))
    with server.create().connected() as connection:
        connection.execute(
            "CREATE TABLE t (a int); CREATE INDEX k ON t (a); CREATE TYPE e AS ENUM ('a');"
            "CREATE TABLE parted (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parted FOR VALUES IN (1)"
        )
        connection.execute("BEGIN")
        if words:
            with pytest.raises(client().errors.ActiveSqlTransaction):
                connection.execute(sql)
        else:
            connection.execute(sql)


def test_labels_could_not_be_added_in_a_transaction_before_12():
    assert "ALTER TYPE … ADD VALUE" == alone("ALTER TYPE e ADD VALUE 'b'", major=11)
    assert not alone("ALTER TYPE e RENAME VALUE 'a' TO 'b'", major=11)


def test_the_statements_of_a_text_are_split():
    assert ("SELECT 1", "SELECT 2") == split("SELECT 1;\r\n-- two\r\nSELECT 2;")
