"""Wider, narrower, or neither; held against what both servers rewrite."""

from __future__ import annotations

import pytest

from verdigris.schema.catalog.widening import narrower, plain, wider, without_equality

WIDER = [
    ("character varying(5)", "character varying(9)"),
    ("character varying(5)", "character varying"),
    ("character varying(5)", "text"),
    ("text", "character varying"),
    ("numeric(10,2)", "numeric(12,2)"),
    ("numeric(10,2)", "numeric"),
    ("timestamp(3) without time zone", "timestamp(6) without time zone"),
    ("timestamp(3) without time zone", "timestamp without time zone"),
    ("time(0) without time zone", "time without time zone"),
    ("bit varying(4)", "bit varying(8)"),
    ("cidr", "inet"),
]
NOT_WIDER = [
    ("integer", "bigint"),
    ("text", "character varying(9)"),
    ("character varying(9)", "character varying(5)"),
    ("numeric", "numeric(10,2)"),
    ("numeric(10,2)", "numeric(12,3)"),
    ("inet", "cidr"),
    ("text", "jsonb"),
    ("character(3)", "character(5)"),
    ("timestamp without time zone", "date"),
]


@pytest.mark.parametrize(("before", "after"), WIDER)
def test_a_wider_type_takes_no_rewrite(before, after, server18):
    assert wider(before, after, "UTC")
    assert not rewritten(server18, before, after)


@pytest.mark.parametrize(("before", "after"), NOT_WIDER)
def test_what_is_not_wider_is_not_called_so(before, after):
    assert not wider(before, after, "UTC")


def rewritten(server, before, after):
    """Whether the server makes another file for it."""
    with server.create().connected() as connection:
        connection.execute(f"CREATE TABLE t (a {before})")
        number = connection.execute("SELECT pg_relation_filenode('t')").fetchone()
        connection.execute(f"ALTER TABLE t ALTER a TYPE {after}")
        return number != connection.execute("SELECT pg_relation_filenode('t')").fetchone()


@pytest.mark.parametrize(
    ("before", "after", "answer"),
    [
        ("bigint", "integer", True),
        ("integer", "bigint", False),
        ("character varying(9)", "character varying(5)", True),
        ("text", "character varying(5)", True),
        ("numeric", "numeric(10,2)", True),
        ("numeric(10,2)", "numeric(8,2)", True),
        ("numeric(10,2)", "numeric(10,3)", False),
        ("text", "integer", False),
    ],
)
def test_a_narrower_type_holds_less_of_the_same(before, after, answer):
    assert answer == narrower(before, after)


def test_types_without_equality_are_known_also_in_arrays():
    assert all(map(without_equality, ("json", "json[]", "xml", "point")))
    assert not any(map(without_equality, ("jsonb", "text", "public.json_like")))


def test_a_type_is_taken_apart():
    assert ("numeric", 10, 2) == plain("numeric(10,2)")
    assert ("timestamp with time zone", 3, None) == plain("timestamp(3) with time zone")
    assert ('public."odd (type"', None, None) == plain('public."odd (type"')
