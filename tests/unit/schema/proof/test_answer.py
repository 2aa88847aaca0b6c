"""Two answers are compared without their values being kept."""

import pytest

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.answer import Answer, answer, fewer, other
from verdigris.schema.proof.pipeline import answers
from verdigris.schema.proof.trying import words


@pytest.fixture
def ask(server18):
    with shop(server18).connected() as connection:

        def asked(sql):
            (results,) = answers(connection, [[words(sql.encode())]])
            return answer(results)

        yield asked


def test_the_order_of_rows_is_no_difference(ask):
    one, two = ask("VALUES (1, 'a'), (2, NULL)"), ask("VALUES (2, NULL), (1, 'a')")
    assert one == two
    assert "" == other(one, one, two)


def test_null_is_not_the_empty_text(ask):
    one, two = ask("SELECT NULL::text AS a"), ask("SELECT ''::text AS a")
    assert "with other values in a" == other(one, one, two)


def test_a_column_more_or_less_or_of_another_type_is_no_difference(ask):
    one = ask("SELECT 1 AS a, 2 AS b, 3 AS c")
    assert "" == other(one, one, ask("SELECT 9 AS new, 1 AS a, 2::bigint AS b"))
    assert "with other values in a" == other(one, one, ask("SELECT 9 AS a, 2 AS b, 3 AS c"))


def test_columns_of_the_same_name_are_told_apart(ask):
    one = ask("SELECT 1 AS a, 2 AS a")
    assert "" == other(one, one, ask("SELECT 1 AS a, 2 AS a, 3 AS a"))
    assert "with other values in a" == other(one, one, ask("SELECT 1 AS a, 3 AS a"))


def test_what_differs_on_the_base_says_nothing(ask):
    one, two = ask("SELECT 1 AS a, 5 AS b"), ask("SELECT 2 AS a, 5 AS b")
    assert "" == other(one, two, ask("SELECT 3 AS a, 5 AS b"))
    assert "with other values in b" == other(one, two, ask("SELECT 3 AS a, 6 AS b"))


def test_rows_are_counted_where_none_come_back(ask):
    touched = ask("INSERT INTO customers (name) VALUES ('a'), ('b')")
    assert Answer(count=2) == touched
    assert fewer(touched, ask("UPDATE customers SET name = 'a' WHERE name = 'b'"))
    assert "on 3 rows instead of 2" == other(touched, touched, Answer(count=3))


def test_an_error_is_an_answer_and_values_are_in_none(ask):
    assert "22P02" == ask("SELECT 'x'::int").sqlstate
    assert "ada" not in repr(ask("SELECT 'ada' AS a"))
