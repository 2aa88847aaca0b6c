import pytest

from verdigris.schema.dialects import scratch as scratches
from verdigris.schema.dialects.scratch import Scratch


@pytest.fixture
def scratch():
    made = Scratch()
    made.apply("create table t (id integer primary key, a text not null, b int not null default 0, c int)")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("select nope from t", "no such column: nope"),
        ("select 1 from nope", "no such table: nope"),
        ("insert into t values (1)", "table t has 4 columns but 1 values were supplied"),
        ("insert into t (a) values ('x') on conflict (c) do nothing", "ON CONFLICT clause does not match"),
        ("select 1; select 2", "one statement at a time"),
        ("selec 1", "syntax error"),
        ("select '\0'", "null character"),
        ("select '\udcff'", "surrogate"),
    ],
)
def test_what_cannot_be_parsed_says_so(scratch, sql, word):
    assert word in scratch.parsed(sql).message


@pytest.mark.parametrize(
    "sql", ["select a from t where id = ?", "delete from t", "pragma foreign_keys", "commit", "vacuum"]
)
def test_what_can_is_well(scratch, sql):
    assert scratch.parsed(sql) is None


def test_what_is_executed_is_undone(scratch):
    with scratch.undone():
        assert scratch.executed("insert into t (a) values (?)", ("x",)) is None
        assert "SQLITE_CONSTRAINT_NOTNULL" == scratch.executed("insert into t (a) values (?)", (None,)).code
    assert scratch.executed("insert into t (id, a) values (1, 'x')", ()) is None


@pytest.mark.parametrize("ends", ["commit", "rollback", "end"])
def test_a_statement_that_ends_the_transaction_does_no_harm(scratch, ends):
    with scratch.undone():
        scratch.executed(ends, ())
    with scratch.undone():
        assert scratch.executed("select 1", ()) is None


def test_no_file_is_touched(scratch, tmp_path):
    path = tmp_path / "made.db"
    for sql in (
        f"attach '{path}' as x",
        f"vacuum into '{path}'",
        f"pragma temp_store_directory = '{tmp_path}'",
    ):
        assert scratch.executed(sql, ()) is not None
    assert scratch.executed("select load_extension('x')", ()) is not None
    assert [] == list(tmp_path.iterdir())


def test_what_never_ends_is_stopped(scratch, monkeypatch):
    monkeypatch.setattr(scratches, "WORK_MAX", 10)
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"
    assert scratch.executed(endless, ()).stopped
    assert scratch.executed("select 1", ()) is None


def test_functions_of_the_application_are_taken_for_known(scratch):
    assert scratch.parsed("select django_date_trunc('day', a, 'UTC', ?), regexp('x', a) from t") is None


def test_columns_are_those_of_the_result(scratch):
    assert ("id", "a", "b", "c") == scratch.columns("select * from t where id = ?")
    assert () == scratch.columns("delete from t")
    assert scratch.columns("insert into t (a) values (?) returning id") is None


def test_required_is_what_an_insert_cannot_leave_out(scratch):
    assert {"a"} == scratch.required("T")
    assert frozenset() == scratch.required("nope")


def test_what_a_dump_has_besides_its_tables_does_not_hurt(scratch):
    for sql in ("create table sqlite_sequence(name,seq)", "begin transaction", "commit", "vacuum"):
        assert scratch.apply(sql) is None
