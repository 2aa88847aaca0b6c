import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.running.twins import Twins, twins_of, twins_said


def test_comments_declare_twins():
    text = """-- up: of nobody
-- sync: shop."Orders" total "Cents"\r
--up: round({value} * 100)
  -- down: {value} / 100.0
ALTER TABLE t ADD COLUMN a int;
-- sync: people Name full_name
"""
    assert (
        Twins('shop."Orders"', "total", "Cents", "round({value} * 100)", "{value} / 100.0"),
        Twins("people", "name", "full_name"),
    ) == twins_of("002", text)
    assert () == twins_of("002", "ALTER TABLE t ADD COLUMN a int -- sync later")


@pytest.mark.parametrize(
    "value", ["", "orders", "orders total", "orders total cents more", "orders: total, cents"]
)
def test_what_is_none_is_refused_with_what_to_write(value):
    with pytest.raises(ConfigError, match="002: sync: .*: write the table, the old column and the new one"):
        twins_of("002", f"-- sync: {value}")


def test_a_migration_in_python_says_the_same_in_an_attribute():
    text = """orders total cents
        up: round({value} * 100)
        down: {value} / 100.0
    """
    cents = Twins("orders", "total", "cents", "round({value} * 100)", "{value} / 100.0")
    assert (cents,) == twins_said("0002", text)
    assert (cents, Twins("people", "Name", "full_name")) == twins_said(
        "0002", [text, 'people "Name" full_name']
    )
    assert () == twins_said("0002", None)


@pytest.mark.parametrize("value", [3, "", "orders total", [["a", "b", "c"]], "orders a b\nsideways: {value}"])
def test_an_attribute_that_names_no_twins_is_refused(value):
    with pytest.raises(ConfigError, match="0002: .*: write the table, the old column and the new one"):
        twins_said("0002", value)
