import json

import pytest

from verdigris.schema.sources.values import Number, parameter


def of(text: str, kind: str = ""):
    return parameter(json.loads(text, parse_int=Number, parse_float=Number), kind)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("null", None),
        ("true", "true"),
        ("false", "false"),
        ("7", "7"),
        ("-0", "-0"),
        ("-0.0", "-0.0"),
        ("1.10", "1.10"),
        ("1e-300", "1e-300"),
        ("9" * 5000, "9" * 5000),
        ('""', ""),
        ('"null"', "null"),
        ('"a\\nü\\u2028"', "a\nü\u2028"),
        ('{"a": [1.50, null, "x\\""], "b": true}', '{"a": [1.50, null, "x\\""], "b": true}'),
        ("[]", "{}"),
        ("[1, null, 2.50]", "{1,NULL,2.50}"),
        ('["a", "", "NULL", "a,b", "{}", "\\"", "\\\\", " "]', r'{"a","","NULL","a,b","{}","\"","\\"," "}'),
        ("[[1, 2], [3, 4]]", "{{1,2},{3,4}}"),
        ("[true, false]", "{true,false}"),
        ('[{"a": 1}]', r'{"{\"a\": 1}"}'),
    ],
)
def test_a_value_of_json_is_what_postgresql_reads(written, expected):
    assert expected == of(written)


@pytest.mark.parametrize("kind", ["json", "jsonb"])
def test_a_list_for_json_is_json(kind):
    assert '[1.0, "a", null]' == of('[1.0, "a", null]', kind)


def test_the_server_reads_lists_as_arrays_and_objects_as_json(server):
    base = server.create()
    with base.connected() as connection:
        connection.execute("SET client_encoding TO 'UTF8'")
        hard = ["a", "", "NULL", None, "a,b", "{}", '"', "\\", " ", "'", "ü\n\t", "null"]
        cases = [
            ("text[]", hard, hard),
            ("int8[]", [[1, -2], [3, 2**62]], [[1, -2], [3, 2**62]]),
            ("bool[]", [True, None], [True, None]),
            ("jsonb", {"a": [1, {"b": '"'}]}, {"a": [1, {"b": '"'}]}),
            ("bool", True, True),
            ("int4", 12, 12),
        ]
        for kind, value, expected in cases:
            text = of(json.dumps(value), kind)
            assert (expected,) == connection.execute(f"SELECT %s::text::{kind}", (text,)).fetchone()


@pytest.mark.parametrize("written", ['"\\u0000"', '"\\ud800"', "[" * 7 + "]" * 7, '["\\u0000"]'])
def test_what_postgresql_cannot_have_is_told_without_the_value(written):
    with pytest.raises(ValueError, match=r"^(a parameter has|an array has more than 6)"):
        of(written)
