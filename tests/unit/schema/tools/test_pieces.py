import pytest

from verdigris.schema.tools.pieces import Piece, bare, pieces


@pytest.mark.parametrize(
    "text",
    [
        "",
        "select 1",
        "select 'a''b', \"c\"\"d\", e'\\'', $$ ' $$, $x$ $$ $x$ -- end",
        "/* a /* b */ c */ select",
        "'never closed",
        "/* never closed",
        "$$ never closed",
        '"never closed',
        "e'never closed \\'",
        "ünï 'ö' -- ä\r\n",
    ],
)
def test_nothing_of_the_text_is_lost(text):
    assert "".join(part for _, part in pieces(text)) == text


def test_what_looks_like_a_comment_in_a_string_is_a_string():
    assert [(Piece.CODE, "select "), (Piece.STRING, "'-- /* no'"), (Piece.CODE, " ")] == list(
        pieces("select '-- /* no' ")
    )


def test_a_dollar_within_a_name_opens_nothing():
    assert [(Piece.CODE, "select a$b$ from c$b$")] == list(pieces("select a$b$ from c$b$"))


def test_bare_is_without_comments_on_one_line():
    assert "create index on 'a -- b'" == bare("/* why */ create -- so\n\t index on 'a -- b'")


def test_a_long_text_is_cut_in_one_go():
    text = "insert into t values ('" + "x''" * 200_000 + "');"
    assert [Piece.CODE, Piece.STRING, Piece.CODE] == [kind for kind, _ in pieces(text)]
