"""A text is cut into statements as psql cuts it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.core.errors import ConfigError
from verdigris.schema.shadow.psql import Piece, pieces


def cut(text):
    return [piece.sql for piece in pieces(text, "base.sql")]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ';'",
        "SELECT 'it''s; '",
        r"SELECT E'a\';b'",
        "SELECT U&'d\\0061t;'",
        'SELECT ";" FROM "a;""b"',
        "SELECT $$;$$",
        "SELECT $_$ ; $$ ; $_$",
        "SELECT $ö$ ; $ö$",
        "SELECT 1 -- ;\n + 2",
        "SELECT 1 /* ; /* ; */ ; */ + 2",
        "SELECT a$b$ FROM t",
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END",
        "create or replace procedure p() begin atomic insert into t values (1); end",
        "CREATE FUNCTION f() RETURNS int AS $_$ begin; end; $_$ LANGUAGE plpgsql",
        r"SELECT '\connect'",
        "SELECT '\n\\connect x\n'",
        "BEGIN",
    ],
)
def test_a_semicolon_ends_a_statement_only_where_it_does(statement):
    assert ["SELECT 0", statement, "SELECT 9"] == cut(f"SELECT 0; {statement};SELECT 9")


def test_statements_know_their_lines():
    text = "-- a dump\n\nSELECT 1;\n\n/* two\nlines */ SELECT\n 2;;\n;SELECT 3"
    assert [("SELECT 1", 3), ("SELECT\n 2", 6), ("SELECT 3", 8)] == [
        (p.sql, p.line) for p in pieces(text, "x")
    ]


def test_line_ends_of_other_systems_do():
    assert [Piece("SELECT 1", 2), Piece("SELECT\r\n2", 3)] == list(
        pieces("\r\nSELECT 1;\r\nSELECT\r\n2;\r\n", "x")
    )


@pytest.mark.parametrize(
    "text", ["", " \n", "-- nothing", "/* nothing", ";;;", "\\restrict abc\n\\unrestrict abc"]
)
def test_there_may_be_nothing_in_it(text):
    assert [] == cut(text)


def test_rows_are_told_and_passed_over():
    text = "COPY public.a (i, j) FROM stdin;\n1\tx;y\n2\t\\N\n\\.\n\nSELECT 1;"
    assert [("COPY public.a (i, j) FROM stdin", True, 1), ("SELECT 1", False, 6)] == [
        (piece.sql, piece.rows, piece.line) for piece in pieces(text, "x")
    ]


def test_rows_without_an_end_are_refused():
    with pytest.raises(ConfigError, match=r"base.sql: line 2: the rows of this COPY have no end"):
        cut("\nCOPY a FROM stdin;\n1\n")


@pytest.mark.parametrize(
    "command", [r"\connect other", r"\c other", r"\! rm -rf x", r"\i other.sql", r"\set x 1", "\\"]
)
def test_what_only_psql_can_do_is_refused_with_its_line(command):
    with pytest.raises(
        ConfigError, match=r"base.sql: line 2: .* is a command of psql, and the shadow runs SQL alone"
    ):
        cut(f"SELECT 1;\n{command}\nSELECT 2;")


def test_a_command_behind_a_statement_is_refused_as_well():
    with pytest.raises(ConfigError, match=r"line 1: \\gexec is a command of psql"):
        cut(r"SELECT 'DROP TABLE a' \gexec")


@given(st.text(alphabet="ab;'\"$\\-/*()\n eEBEGIN", max_size=60))
def test_any_text_is_cut_or_refused(text):
    try:
        found = list(pieces(text, "x"))
    except ConfigError:
        return
    for piece in found:
        assert piece.sql in text
