import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.running.backfill import backfill_of

PLAIN = "UPDATE orders SET cents = total * 100 WHERE cents IS NULL AND {batch};"


def test_what_is_not_declared_is_found_in_the_statement():
    spec = backfill_of("003", PLAIN)
    assert ("orders", "orders", (), 1000) == (spec.table, spec.alias, spec.key, spec.rows)
    assert "UPDATE orders SET cents = total * 100 WHERE cents IS NULL AND " == spec.before
    assert "SELECT count(*) FROM orders WHERE  cents IS NULL AND true" == spec.left


@pytest.mark.parametrize(
    ("statement", "table", "alias"),
    [
        ("update only Shop.Orders as o set a = 1 where a is null and {batch}", "Shop.Orders", "o"),
        (
            'UPDATE "My Shop"."Or""ders" "Ö" SET a = 1 WHERE a IS NULL AND {batch}',
            '"My Shop"."Or""ders"',
            "Ö",
        ),
        ("DELETE FROM old_rows WHERE at < '2020-01-01' AND {batch}", "old_rows", "old_rows"),
        ("/* a; b */ UPDATE t -- where\n SET a = ';WHERE' WHERE a IS NULL AND {batch}", "t", "t"),
    ],
)
def test_odd_names_and_words_in_strings_are_no_trouble(statement, table, alias):
    spec = backfill_of("003", statement)
    assert (table, alias) == (spec.table, spec.alias)
    assert spec.left.startswith(f"SELECT count(*) FROM {'only ' if 'only' in statement else ''}{table}")


def test_comments_declare():
    text = '\ufeff-- rows: 50\r\n-- key: a, "B"\r\n-- left: SELECT 0;\r\n-- alias: "S"\r\n-- table: s\r\n'
    spec = backfill_of("003", text + 'INSERT INTO t SELECT * FROM s AS "S" WHERE {batch}\r\n')
    assert ("s", "S", ("a", "B"), 50, "SELECT 0") == (spec.table, spec.alias, spec.key, spec.rows, spec.left)
    assert backfill_of("003", "-- left: none\nUPDATE t SET n = n + 1 WHERE {batch}").left is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "there is no statement"),
        ("-- nothing\n;;", "there is no statement"),
        ("UPDATE t SET a = 1 WHERE a IS NULL", "{batch} has to stand in it once"),
        ("UPDATE t SET a = '{batch}' WHERE a IS NULL", "{batch} has to stand in it once"),
        ("UPDATE t SET a = 1 WHERE {batch} AND {batch}", "{batch} has to stand in it once"),
        ("UPDATE t SET a = 1 WHERE {batch}", "nobody can tell when it is done"),
        ("UPDATE t SET a = s.a FROM s WHERE s.id = t.id AND {batch}", "nobody can tell when it is done"),
        ("INSERT INTO t SELECT * FROM s WHERE {batch}", "nobody can tell|say which table"),
        ("UPDATE t SET a = 1 WHERE a = 0 AND {batch}; DROP TABLE t", "more than one statement"),
        (f"-- rows: many\n{PLAIN}", "rows: many: write a number"),
        (f"-- rows: 0\n{PLAIN}", "rows: 0: write a number"),
        (f"-- rows: 9999999999999999999999\n{PLAIN}", "write a number"),
        (f"-- key: a b\n{PLAIN}", "key: a b: write names of columns"),
        ("UPDATE t SET a = '\0' WHERE a IS NULL AND {batch}", "without NUL"),
        (" " * 2_000_000, "at most"),
        ("UPDATE t SET a = 'never closed WHERE a IS NULL AND {batch}", "a quote is never closed"),
    ],
)
def test_what_is_no_backfill_is_refused_with_what_to_write(text, why):
    with pytest.raises(ConfigError, match=why) as error:
        backfill_of("003_x.backfill.sql", text)
    assert str(error.value).startswith("003_x.backfill.sql: ")
