import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.schema.sources import wire
from verdigris.schema.sources.wire import Messages, bind_of, parse_of


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


STREAM = message(b"Q", b"SELECT 1\0") + message(b"d", b"x" * 50) + message(b"S") + message(b"Q", b"\0")
EXPECTED = [("Q", b"SELECT 1\0"), ("d", None), ("S", None), ("Q", b"\0")]


@given(st.lists(st.integers(1, 30), max_size=20))
def test_messages_are_the_same_however_they_are_cut(sizes):
    messages, at, found = Messages(b"Q", b"QdS"), 0, []
    for size in [*sizes, len(STREAM)]:
        found += messages.feed(STREAM[at : at + size])
        at += size
    assert EXPECTED == found


def test_a_body_that_is_too_long_is_passed_over(monkeypatch):
    monkeypatch.setattr(wire, "BODY_MOST", 10)
    messages = Messages(b"Q", b"Q")
    assert [("Q", None), ("Q", b"short\0")] == [
        *messages.feed(message(b"Q", b"x" * 11)),
        *messages.feed(message(b"Q", b"short\0")),
    ]


@pytest.mark.parametrize("wrong", [b"z\0\0\0\4", b"Q\0\0\0\3", b"Q\xff\xff\xff\xff", b"Q\x7f\xff\xff\xff"])
def test_what_the_protocol_does_not_have_is_an_error(wrong):
    with pytest.raises(ValueError, match="the protocol does not have"):
        list(Messages(b"Q", b"Q").feed(wrong))


def test_a_statement_and_its_parameters_are_read():
    assert (b"s", b"SELECT $1", (23, 0)) == parse_of(b"s\0SELECT $1\0\0\2\0\0\0\x17\0\0\0\0")
    said = bind_of(b"p\0s\0\0\1\0\1\0\2\0\0\0\1a\xff\xff\xff\xff\0\0")
    assert (b"p", b"s", ((True, b"a"), (True, None))) == said
    assert ((False, b"a"),) == bind_of(b"\0\0\0\0\0\1\0\0\0\1a\0\0").values


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_are_a_value_error(body):
    for read in (parse_of, bind_of):
        with contextlib.suppress(ValueError):
            read(body)
