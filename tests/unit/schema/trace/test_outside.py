"""What cannot run in a transaction: told by its kind, and by what it changed."""

import pytest

from tests.unit.schema.trace.copies import told, traced

BESIDE = "SHARE UPDATE EXCLUSIVE"


@pytest.mark.parametrize(
    ("sql", "expected", "relation"),
    [
        ("CREATE INDEX CONCURRENTLY i ON users (name)", (BESIDE, "scan"), "users"),
        ("CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users (email)", (BESIDE, ""), "users"),
        ("DROP INDEX CONCURRENTLY users_email", (BESIDE, ""), "users"),
        ("REINDEX INDEX CONCURRENTLY users_email", (BESIDE, "scan"), "users"),
        ("REINDEX (CONCURRENTLY) TABLE users", (BESIDE, "scan"), "users"),
        ("VACUUM users", (BESIDE, ""), "users"),
        ("VACUUM FULL users", ("ACCESS EXCLUSIVE", "rewrite scan"), "users"),
    ],
)
def test_its_lock_is_told_by_what_it_is_and_its_table_by_what_changed(server, sql, expected, relation):
    (one,) = traced(server, sql)
    assert expected == told(one)
    assert [relation] == [touch.relation for touch in one.touches]
    assert not one.inside


def test_a_partition_is_detached_beside_its_users(server):
    found = traced(
        server,
        """CREATE TABLE days (d int) PARTITION BY LIST (d); CREATE TABLE one PARTITION OF days FOR VALUES IN (1);
        ALTER TABLE days DETACH PARTITION one CONCURRENTLY""",
    )
    assert [True, True, False] == [one.inside for one in found]


def test_what_follows_is_measured_as_if_it_stood_alone(server):
    found = traced(server, "CREATE INDEX CONCURRENTLY i ON users (name); ALTER TABLE users ADD nice int")
    assert [(BESIDE, "scan"), ("ACCESS EXCLUSIVE", "")] == list(map(told, found))
