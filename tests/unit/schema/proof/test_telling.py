"""What is told of an error names the schema, and never a value."""

import pytest

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.telling import impersonal
from verdigris.schema.proof.trying import Try, acting, executed

SECRET = "ada@example.org"
RAISING = """CREATE FUNCTION refuse(who text, code text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is taken', who USING ERRCODE = code, DETAIL = who, HINT = who;
END $$"""

VALUES = [
    ("SELECT $1::integer", SECRET, "22P02", 'invalid input syntax for type integer: "…"'),
    ("SELECT $1::jsonb", '{"a": ' + SECRET, "22P02", "invalid input syntax for type json"),
    ("SELECT $1::state", SECRET, "22P02", 'invalid input value for enum state: "…"'),
    ("SELECT $1::date", f'"{SECRET}"', "22007", 'invalid input syntax for type date: "…"'),
    ("SELECT $1::smallint", "123456", "22003", 'value "…" is out of range for type smallint'),
    ("INSERT INTO customers (name) VALUES ($1)", SECRET * 9, "22001", "value too long for type character varying(80)"),
    ("INSERT INTO customers (id, email) VALUES (1, 'x'), (2, 'x' || left($1, 0))", SECRET, "23505",
     'duplicate key value violates unique constraint "customers_email_key"'),
    ("INSERT INTO orders (note, state) VALUES ($1, NULL)", SECRET, "23502",
     'null value in column "state" of relation "orders" violates not-null constraint'),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "value", "sqlstate", "message"), VALUES, ids=[each[0] for each in VALUES])
def test_values_are_cut_out(server18, sql, value, sqlstate, message):
    with acting(shop(server18), "") as connection:
        (fault,) = executed(connection, [Try(0, sql, (), (value,))])
    assert (sqlstate, message) == (fault.sqlstate, fault.message)
    assert value not in repr(fault)


@pytest.mark.parametrize("code", ["P0001", "23514", "42501", "ABCDE"])
def test_the_words_of_whoever_raises_are_not_repeated_whatever_code_they_take(server18, code):
    with acting(shop(server18, RAISING), "") as connection:
        (fault,) = executed(connection, [Try(0, f"SELECT refuse($1, '{code}')", (), (SECRET,))])
    assert code == fault.sqlstate
    assert fault.message.startswith("raised by PL/pgSQL function refuse(text,text) line 3 (")
    assert SECRET not in repr(fault)


def test_what_is_not_known_to_be_harmless_is_not_repeated():
    assert "hold data" in impersonal("XX000", f"weird: {SECRET}", "")
    assert 'invalid byte sequence for encoding "…": … …' == impersonal(
        "22021", 'invalid byte sequence for encoding "UTF8": 0xff 0xfe', ""
    )
    assert 'bad "…"' == impersonal("22000", 'bad "a"b\n"c"', "")
