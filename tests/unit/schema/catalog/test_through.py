"""Where a write really ends: through plain views, and not past what decides by itself."""

from __future__ import annotations

import pytest

from verdigris.schema.catalog.snapshot import snapshot
from verdigris.schema.catalog.through import target
from verdigris.schema.parsing import writes

VIEWS = """
CREATE TABLE t (a int, b text, c int);
CREATE VIEW plain AS SELECT b AS bee, a, upper(b) AS loud FROM t WHERE a > 0;
CREATE VIEW onto AS SELECT a AS first, bee AS "Second" FROM plain;
CREATE VIEW joined AS SELECT x.a FROM t x JOIN t y ON x.a = y.a;
CREATE VIEW grouped AS SELECT a FROM t GROUP BY a;
CREATE VIEW instead AS SELECT a FROM t;
CREATE VIEW ruled AS SELECT a FROM t;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER i INSTEAD OF INSERT ON instead FOR EACH ROW EXECUTE FUNCTION f();
CREATE RULE r AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE TABLE watched (a int);
CREATE TRIGGER w BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION f();
CREATE TABLE off (a int);
CREATE TRIGGER o BEFORE INSERT ON off FOR EACH ROW EXECUTE FUNCTION f();
ALTER TABLE off DISABLE TRIGGER o;
CREATE TABLE parted (a int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
CREATE TRIGGER p BEFORE INSERT ON part FOR EACH ROW EXECUTE FUNCTION f();
"""


@pytest.fixture
def catalog(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute(VIEWS)
    return snapshot(database)


def ends(catalog, sql):
    return target(writes(sql)[0], catalog)


def test_a_write_ends_at_the_table_below_its_views(catalog):
    found = ends(catalog, "INSERT INTO onto VALUES (1, 'x')")
    assert ("t", ("a", "b"), "b") == (str(found.table), found.names, found.column("Second"))
    assert ("b", "a", "") == ends(catalog, "INSERT INTO plain VALUES ('x')").names


def test_what_decides_by_itself_is_not_guessed(catalog):
    for view in ("joined", "grouped", "instead", "ruled", "nowhere"):
        assert ends(catalog, f"INSERT INTO {view} VALUES (1)") is None


def test_a_rule_is_for_its_verb_only(catalog):
    assert "t" == str(ends(catalog, "UPDATE ruled SET a = 1").table)


def test_a_trigger_before_the_row_may_fill_it(catalog):
    filled = {
        sql: ends(catalog, sql).filled
        for sql in (
            "INSERT INTO t VALUES (1)",
            "INSERT INTO watched VALUES (1)",
            "UPDATE watched SET a = 1",
            "INSERT INTO off VALUES (1)",
            "INSERT INTO parted VALUES (1)",
        )
    }
    assert [False, False, True, False, True] == list(filled.values())


def test_a_foreign_table_is_up_to_its_own_server(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute(
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
            "CREATE FOREIGN TABLE far (a int NOT NULL) SERVER s"
        )
    assert ends(snapshot(database), "INSERT INTO far DEFAULT VALUES") is None
