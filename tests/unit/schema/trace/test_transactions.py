"""Which statements run in one transaction, from a text alone."""

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema import parsing
from verdigris.schema.script import Script
from verdigris.schema.trace.transactions import steps


def transactions(sql: str, alone: bool = False) -> list[int]:
    found = [
        step.transaction
        for step in steps(Script("m.sql", parsing.split(sql), alone=alone))
        if not step.control
    ]
    order = {number: place for place, number in enumerate(dict.fromkeys(found))}
    return [order[number] for number in found]


@pytest.mark.parametrize(
    ("sql", "expected"),
    {
        "a file is one transaction": ("SELECT 1; SELECT 2", [0, 0]),
        "with BEGIN only what is inside": (
            "SELECT 1; SELECT 2; BEGIN; SELECT 3; SELECT 4; COMMIT; SELECT 5", [0, 1, 2, 2, 3],
        ),
        "two in a row": ("BEGIN; SELECT 1; COMMIT; START TRANSACTION; SELECT 2; END", [0, 1]),
        "CONCURRENTLY needs each to be one": ("SELECT 1; CREATE INDEX CONCURRENTLY i ON t (a); SELECT 2", [0, 1, 2]),
        "a COMMIT without BEGIN": ("SELECT 1; COMMIT; SELECT 2", [0, 1]),
    }.values(),
)  # fmt: skip
def test_statements_are_grouped_as_the_text_says(sql, expected):
    assert expected == transactions(sql)


def test_a_script_that_asks_to_be_alone_is_one_transaction_for_each_statement():
    assert [0, 1] == transactions("SELECT 1; SELECT 2", alone=True)


@pytest.mark.parametrize(
    "sql",
    [
        "SAVEPOINT a", "CREATE TEMP TABLE t (a int) ON COMMIT DROP", "CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1",
        "ALTER TYPE mood ADD VALUE 'x'", "DECLARE c CURSOR FOR SELECT 1", "SET CONSTRAINTS ALL DEFERRED",
        "SELECT set_config('search_path', 'a', true)",
    ],
)  # fmt: skip
def test_what_means_something_only_within_its_transaction_is_run_as_a_whole(sql):
    assert [True, True] == [step.together for step in steps(Script("m.sql", (sql, "SELECT 1")))]


def test_a_setting_of_the_transaction_is_remembered_instead():
    (step,) = steps(Script("m.sql", ("SET LOCAL search_path = app",)))
    assert (True, False) == (step.local, step.together)


def test_what_is_no_sql_is_told():
    with pytest.raises(ConfigError, match="line 1, column"):
        steps(Script("m.sql", ("ALTER TABEL users",)))
