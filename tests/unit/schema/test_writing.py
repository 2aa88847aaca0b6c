"""What a statement writes: tables, columns, and what goes into them."""

from __future__ import annotations

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.writing import Given, Table, Verb, Write, writes

T = Table("", "t")


def values(write):
    """Column, DEFAULT, NULL and parameters in short."""
    return [
        (one.column or one.position, "d" * one.default + "n" * one.null, sorted(one.parameters))
        for one in write.given
    ]


def test_an_insert_names_its_columns_and_what_goes_into_them():
    (write,) = writes(
        "INSERT INTO s.t (a, b, c) VALUES ($1, DEFAULT, NULL), (now(), 1, $2::text::varchar(3))"
    )
    assert (Table("s", "t"), Verb.INSERT, ("a", "b", "c"), 3) == (
        write.table,
        write.verb,
        write.columns,
        write.width,
    )
    assert [("a", "", [1]), ("b", "d", []), ("c", "n", [2])] == values(write)


@pytest.mark.parametrize(
    ("sql", "columns", "width"),
    [
        ("INSERT INTO t VALUES (1, $1)", None, 2),
        ("INSERT INTO t DEFAULT VALUES", (), 0),
        ("INSERT INTO t SELECT *, 1 FROM u", None, None),
        ("INSERT INTO t SELECT a, b, c FROM u", None, 3),
        ("INSERT INTO t (a) SELECT u.* FROM u", ("a",), None),
        ("INSERT INTO t TABLE u", None, None),
        ("COPY t FROM STDIN", None, None),
        ("COPY t (a, b) FROM STDIN", ("a", "b"), None),
    ],
)
def test_an_insert_by_position_has_a_width_where_its_text_tells(sql, columns, width):
    (write,) = writes(sql)
    assert (T, Verb.INSERT, columns, width) == (write.table, write.verb, write.columns, write.width)


def test_what_a_select_gives_is_seen_on_both_sides_of_a_union():
    (write,) = writes("INSERT INTO t (a, b) SELECT $1, x FROM u UNION ALL SELECT NULL, $2")
    assert [("a", "n", [1]), ("b", "", [2])] == values(write)


def test_behind_a_star_no_place_is_known():
    (write,) = writes("INSERT INTO t SELECT 1, u.*, NULL FROM u")
    assert [(1, "", [])] == values(write)


def test_an_update_tells_what_it_sets_also_by_rows():
    (write,) = writes(
        'UPDATE ONLY t SET (a, b) = ($1, NULL), (c, d) = (SELECT 1, 2), "É" = DEFAULT WHERE e = 1'
    )
    assert (Verb.UPDATE, ("a", "b", "c", "d", "É")) == (write.verb, write.columns)
    assert [("a", "", [1]), ("b", "n", []), ("c", "", []), ("d", "", []), ("É", "d", [])] == values(write)


def test_a_conflict_is_an_insert_with_its_columns_and_an_update():
    insert, update = writes(
        "INSERT INTO t (a) VALUES (1) ON CONFLICT (a, (lower(b))) DO UPDATE SET b = EXCLUDED.b, c = NULL"
    )
    assert (("a",), "") == (insert.conflict, insert.constraint)
    assert (T, Verb.UPDATE, ("b", "c"), "ON CONFLICT") == (
        update.table,
        update.verb,
        update.columns,
        update.within,
    )
    (named,) = writes("INSERT INTO t (a) VALUES (1) ON CONFLICT ON CONSTRAINT k DO NOTHING")
    assert ((), "k") == (named.conflict, named.constraint)


def test_a_merge_is_each_of_its_branches():
    found = writes(
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.gone THEN DELETE WHEN MATCHED THEN UPDATE SET a = NULL"
        " WHEN NOT MATCHED THEN INSERT (id, a) OVERRIDING SYSTEM VALUE VALUES (s.id, $1)"
    )
    assert [(Verb.DELETE, ()), (Verb.UPDATE, ("a",)), (Verb.INSERT, ("id", "a"))] == [
        (one.verb, one.columns) for one in found
    ]
    assert {"MERGE"} == {one.within for one in found}
    assert ["", "", "system"] == [one.overriding for one in found]
    (bare,) = writes("MERGE INTO t USING s ON true WHEN NOT MATCHED THEN INSERT DEFAULT VALUES")
    assert () == bare.columns


def test_writes_in_with_are_seen_however_deep():
    found = writes(
        "WITH a AS (WITH b AS (DELETE FROM x RETURNING *) INSERT INTO y (k) SELECT k FROM b RETURNING k) SELECT 1"
    )
    assert {("x", Verb.DELETE), ("y", Verb.INSERT)} == {(one.table.name, one.verb) for one in found}


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "", "CREATE TABLE t (a int)", "COPY t TO STDOUT", "SELECT 1 INTO u"]
)
def test_what_writes_no_rows_of_a_table_that_exists_writes_nothing(sql):
    assert () == writes(sql)


def test_odd_names_are_as_the_server_spells_them():
    (write,) = writes('INSERT INTO "Über Schema"."or""der" ("SELECT", Plain) VALUES (1, 2)')
    assert (Table("Über Schema", 'or"der'), ("SELECT", "plain")) == (write.table, write.columns)
    assert 'Über Schema.or"der' == str(write.table)


def test_truncate_tells_each_table():
    assert (Write(T, Verb.TRUNCATE), Write(Table("s", "u"), Verb.TRUNCATE)) == writes(
        "TRUNCATE t, s.u CASCADE"
    )


def test_overriding_user_value_is_not_a_value_of_ones_own():
    (user,) = writes("INSERT INTO t (id) OVERRIDING USER VALUE VALUES (1)")
    (system,) = writes("INSERT INTO t (id) OVERRIDING SYSTEM VALUE VALUES (1)")
    assert ("user", "system") == (user.overriding, system.overriding)
    assert (Given("id", 1),) == user.given


def test_what_is_no_sql_says_where():
    with pytest.raises(ConfigError, match="line 1, column 8: syntax error"):
        writes("INSERT INOT t VALUES (1)")
