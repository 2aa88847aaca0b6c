import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.schema.running.words import Name, Sentence, words_of


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1;", ["SELECT", "1", ";"]),
        ("a -- b\n/* c /* d */ e */ f", ["a", "f"]),
        (
            "'a''b' E'c\\'d' \"e\"\"f\" $$g;$$ $x$h$$i$x$",
            ["'a''b'", "E'c\\'d'", '"e""f"', "$$g;$$", "$x$h$$i$x$"],
        ),
        ("/* never closed", []),
        ("'never closed", ["'", "never", "closed"]),
        ("$$never closed", ["$$never closed"]),
        ("größe", ["größe"]),
        ("", []),
    ],
)
def test_words_are_what_is_neither_space_nor_comment(sql, words):
    assert words == [word.text for word in words_of(sql)]


def test_parentheses_are_counted():
    assert [0, 0, 1, 0, 0] == [word.depth for word in words_of("f ( a ) b")]
    sentence = Sentence("SELECT (SELECT 1 FROM t)")
    assert not sentence.has("FROM")
    assert Sentence("SELECT 1 from t").has("FROM")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Orders", Name("", "orders")),
        ('Shop . "Or""ders"', Name("shop", 'Or"ders')),
        ("(a)", None),
        ("a.", None),
        ("", None),
    ],
)
def test_names_are_folded_as_the_catalogs_hold_them(text, name):
    assert name == Sentence(text).name()


@given(st.text(alphabet="a'\"$/*-;(\n {}E\\", max_size=30))
def test_any_text_is_read_to_its_end_and_in_its_order(text):
    words = words_of(text)
    assert [text[word.start : word.end] for word in words] == [word.text for word in words]
    assert sorted(word.start for word in words) == [word.start for word in words]
