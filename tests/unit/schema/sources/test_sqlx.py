import json

import pytest

from verdigris.schema.sources.sqlx import queries_of

QUERY = {
    "db_name": "PostgreSQL",
    "query": "SELECT id FROM users WHERE name = $1 AND tags && $2 AND status = $3",
    "describe": {
        "columns": [{"ordinal": 0, "name": "id", "type_info": "Int8"}],
        "parameters": {
            "Left": ["Text", "TextArray", {"Custom": {"name": "status", "kind": {"Enum": ["a"]}}}]
        },
        "nullable": [False],
    },
    "hash": "8f14e45f",
}


def test_a_query_has_its_sql_and_the_types_of_its_parameters():
    (query,) = queries_of(json.dumps(QUERY))
    assert ("PostgreSQL", QUERY["query"], ("text", "text[]", "status")) == (
        query.database,
        query.sql,
        query.types,
    )


def test_the_older_file_has_all_of_them():
    old = {
        "db": "PostgreSQL",
        "a": {"query": "SELECT 1", "describe": {"parameters": {"Right": 0}}},
        "b": QUERY,
    }
    assert ["SELECT 1", QUERY["query"]] == [query.sql for query in queries_of(json.dumps(old))]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Int4", "int4"),
        ("Timestamptz", "timestamptz"),
        ("UuidArray", "uuid[]"),
        ("Char", '"char"'),
        ("CharArray", '"char"[]'),
        ("Unknown", ""),
        ({"Custom": {"name": 'odd"; DROP'}}, ""),
        ({"Custom": {"name": "app.status"}}, "app.status"),
        ({"Custom": "x"}, ""),
        ("x y", ""),
        (7, ""),
    ],
)
def test_types_are_called_as_postgresql_calls_them(said, expected):
    document = QUERY | {"describe": {"parameters": {"Left": ["Bool", said]}}}
    (query,) = queries_of(json.dumps(document))
    assert ("bool", expected) == query.types


@pytest.mark.parametrize(
    "wrong", ["[]", "{}", '{"db_name": "PostgreSQL"}', '{"db": 1, "a": {}}', "{", '{"query": 1}']
)
def test_what_is_none_is_a_value_error(wrong):
    with pytest.raises(ValueError):
        list(queries_of(wrong))
