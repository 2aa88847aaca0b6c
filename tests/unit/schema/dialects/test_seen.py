import pytest

from verdigris.schema.dialects.scratch import Scratch
from verdigris.schema.dialects.seen import RUNS_MAX, seen_on, tried
from verdigris.schema.statement import Statement


@pytest.fixture
def home():
    made = Scratch()
    made.apply("create table t (id integer primary key, a text)")
    yield made
    made.close()


def test_a_text_is_known_once_and_its_order_kept(home):
    read, write = Statement("select a from t"), Statement("insert into t (a) values (?)")
    seen = seen_on(
        home, [read, Statement(write.sql, runs=(("x",),)), read, Statement(write.sql, runs=(("y",),))]
    )
    assert [read.sql, write.sql] == [each.sql for each in seen.each]
    assert [((),), (("x",), ("y",))] == [each.runs for each in seen.each]
    assert [(0, None), (1, ("x",)), (0, None), (1, ("y",))] == list(seen.order)


def test_of_many_parameters_some_are_tried_alone(home):
    sent = [Statement("select ? from t", runs=((str(n),),)) for n in range(RUNS_MAX * 2)]
    seen = seen_on(home, sent)
    assert (RUNS_MAX, RUNS_MAX * 2) == (len(seen.each[0].runs), len(seen.order))


def test_a_statement_whose_parameters_nobody_saw_is_not_run(home):
    assert () == seen_on(home, [Statement("select a from t where id = ?")]).each[0].runs


def test_what_the_result_has_is_known_where_it_works(home):
    works, fails = seen_on(home, [Statement("select * from t"), Statement("select b from t")]).each
    assert (("id", "a"), None) == (works.columns, works.fault)
    assert (None, "no such column: b") == (fails.columns, fails.fault.message)


@pytest.mark.parametrize(
    ("sql", "is_it"), [("/* x */ with a as (select 1) select 1", True), ("pragma x", False), ("", False)]
)
def test_what_is_about_rows_is_tried(sql, is_it):
    assert is_it is tried(sql)
