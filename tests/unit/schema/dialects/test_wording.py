import sqlite3

import pytest

from verdigris.schema.dialects.wording import bound, exact, inserted, split

TRIGGER = "create trigger a after insert on t begin update t set a = 1; delete from u where b = ';'; end"


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", ()),
        (" ;; -- nothing\n", ()),
        ("select 1; select ';' /* ; */;\nselect 2", ("select 1", "select ';' /* ; */", "select 2")),
        (f"{TRIGGER};\nselect 1;", (TRIGGER, "select 1")),
        ('create table "a;b" (c);', ('create table "a;b" (c)',)),
    ],
)
def test_statements_end_where_sqlite_ends_them(sql, statements):
    assert statements == split(sql)


@pytest.mark.parametrize(
    ("sql", "written"),
    [
        ('select "a""b", \'"c"\', "d`e"', 'select `a"b`, \'"c"\', `d``e`'),
        ("select 'it''s' -- \"x\"", "select 'it''s' -- \"x\""),
        ('select "', 'select "'),
    ],
)
def test_a_name_is_written_so_that_it_is_never_a_text(sql, written):
    assert written == exact(sql)


@pytest.mark.parametrize(
    ("sql", "run", "values"),
    [
        ("select ?, ?", ("1", "a"), [1, "a"]),
        ("select ?2, ?1", ("a", None), ["a", None]),
        ("select ?, ?", ("1",), [1, None]),
        ("select ?", ("1", "2", "3"), [1]),
        ("select $2, $1", ("007", "1.5"), {"2": "1.5", "1": "007"}),
        ("select :who, @what, :who", ("a", "b"), {"who": "a", "what": "b"}),
        ("select ':no ?', \"$1\" -- ?", ("a",), []),
        ("select ?999999999", (), [None] * 32766),
    ],
)
def test_parameters_go_where_the_statement_has_places(sql, run, values):
    assert values == bound(sql, run)


def test_what_is_bound_is_what_sqlite_wants():
    connection = sqlite3.connect(":memory:")
    for sql in ("select ?, ?", "select ?2 + ?1", "select $1, $2", "select :a, :b"):
        assert connection.execute(sql, bound(sql, ("1", "2"))).fetchone()
    connection.close()


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("insert into t (a, B) values (1, 2)", ("t", {"a", "b"})),
        ('INSERT OR IGNORE INTO main."T x" AS y ("a b", [c]) SELECT 1, 2', ("t x", {"a b", "c"})),
        ("with x as (select 1) replace into t(a) select * from x", ("t", {"a"})),
        ("insert into t values (1)", None),
        ("insert into t default values", None),
        ("select 1", None),
        ("insert into t select (a) from u", None),
    ],
)
def test_an_insert_names_its_columns(sql, found):
    assert found == inserted(sql)
