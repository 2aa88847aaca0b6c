import pytest

from verdigris_kit.statements.spelling import dollars


@pytest.mark.parametrize(
    ("sql", "parameters", "expected"),
    [
        ("SELECT '%' %% 2", None, ("SELECT '%' %% 2", ())),
        ("SELECT 5 %% 2", (), ("SELECT 5 % 2", [])),
        ("SELECT %s, %b, %t::int", (1, 2, 3), ("SELECT $1, $2, $3::int", [1, 2, 3])),
        ("SELECT %(a)s, %(b)s, %(a)b", {"a": 1, "b": 2, "c": 3}, ("SELECT $1, $2, $1", [1, 2])),
        ("SELECT 'a%%' || %s", ["x"], ("SELECT 'a%' || $1", ["x"])),
        ("SELECT %%s, %s", [1], ("SELECT %s, $1", [1])),
    ],
)
def test_placeholders_become_numbers_as_drivers_read_them(sql, parameters, expected):
    assert expected == dollars(sql, parameters)
