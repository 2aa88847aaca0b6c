"""How the result of a statement changed."""

from verdigris.schema.finding import Layer, Outcome
from verdigris.schema.proof.shape import difference, shape
from verdigris.schema.proof.signature import Column
from verdigris.schema.statement import Statement

ID, NAME = Column("id", "integer"), Column("name", "text")
ALL = Statement("SELECT * FROM t")


def test_the_same_result_is_no_finding():
    assert shape(ALL, (ID, NAME, ID), (ID, NAME, ID)) is None


def test_a_new_column_says_what_becomes_of_prepared_statements():
    found = shape(ALL, (ID,), (ID, NAME))
    assert (Outcome.PROVEN, Layer.SHAPE, "0A000") == (found.outcome, found.layer, found.sqlstate)
    assert "column name text is new" == found.columns
    assert f"{found.columns}: prepared statements" in found.message
    assert "psycopg 3 in autocommit for ever" in found.message


def test_every_kind_of_difference_has_its_words():
    assert ["column name is gone"] == difference((ID, NAME), (ID,))
    assert ["column name is called title"] == difference((ID, NAME), (ID, Column("title", "text")))
    assert ["column id is bigint instead of integer"] == difference((ID,), (Column("id", "bigint"),))
    assert ["the columns come in another order"] == difference((ID, NAME), (NAME, ID))


def test_columns_of_the_same_name_are_told_apart():
    other = Column("id", "text")
    assert ["column id text is new"] == difference((ID,), (ID, other))
    assert ["column name text is new"] == difference((ID, other), (ID, NAME, other))


def test_parameters_of_another_type_are_told():
    found = shape(ALL, (ID,), (ID,), (("uuid", "text"), ("text", "text")))
    assert ("", "") == (found.sqlstate, found.columns)
    assert found.message.startswith("$1 is text instead of uuid")
