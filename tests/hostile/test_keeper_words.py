"""What is said to the keeper, and what it finds in its own book after a crash: understood, or refused in a sentence."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import documents
from verdigris.keeper import wanted
from verdigris.keeper.codec import plain
from verdigris.keeper.journal import Book, Instance, Journal, Router, Slot
from verdigris.keeper.logs import tail
from verdigris.keeper.observed import State
from verdigris.keeper.protocol import (
    Hand,
    KeeperError,
    Reload,
    RouterRequest,
    Shutdown,
    Spec,
    Start,
    StopRequest,
    Tail,
    read_request,
    request_line,
)

SPEC = Spec("v1", "sha256:x", "/d", ("a", "{port}"), {"A": "env:B"}, 3.5, "2")
REQUESTS = (
    Start("api.blue", "k", 1, 2, SPEC, 2, {"B": "canary"}),
    StopRequest("api.blue", "k", 1, ("api.blue-1",)),
    RouterRequest(("haproxy", "-f", "x"), "/d", ("127.0.0.1:80",), 3),
    Reload(4, 1.5),
    Hand({"B": "canary"}, "api"),
    Shutdown(True, 5),
    Tail("api.blue-1", 7),
)
BOOK = Book(
    boot_id="b",
    generations={"api": 3},
    router=Router(("haproxy",), "/d", ("127.0.0.1:80",), ("-sf",), 5.0, "m"),
    slots={
        "api.blue": Slot(
            "api.blue", "k", 1, 1, 1, SPEC, instances=(Instance("api.blue-1", "m", State.RUNNING),)
        )
    },
)
LINES = [json.loads(request_line(request)) for request in REQUESTS]
PAGE = json.loads(json.dumps(plain(BOOK)))


@given(documents(*LINES) | st.binary(max_size=200))
@example(json.dumps(LINES[0]).replace("3.5", "1" + "0" * 400).encode())
@example(json.dumps(LINES[0]).replace("3.5", "NaN").encode())
@example(b"[" * 5000)
@example(b'{"verb": ["start"]}')
@example(json.dumps(LINES[0]).replace('"A"', '"\\u001b[2J"').replace('"env:B"', "1").encode())
def test_any_line_is_a_request_or_refused_in_a_sentence(line: bytes):
    try:
        request = read_request(line)
        if isinstance(request, Start):
            wanted.check(request)
            assert request.spec.grace == request.spec.grace
        if isinstance(request, RouterRequest):
            wanted.check_router(request)
    except KeeperError as error:
        assert error.kind in ("invalid", "refused")
        assert error.sentence.isprintable()
        assert len(error.sentence) < 1000
        assert "canary" not in error.sentence


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_a_line_that_was_cut_anywhere_is_never_half_a_request(request_):
    line = request_line(request_).rstrip()
    for end in range(len(line)):
        with pytest.raises(KeeperError):
            read_request(line[:end])


def book_in(data: bytes) -> Book | None:
    """The book, None when it was refused in a sentence that says what to do."""
    with tempfile.TemporaryDirectory() as place:
        journal = Journal(Path(place))
        journal.path.write_bytes(data)
        try:
            return journal.load()
        except KeeperError as error:
            assert "refused" == error.kind
            assert "What runs goes on running." in error.sentence
            assert error.sentence.isprintable()
            assert len(error.sentence) < 1000 + len(place)
            return None


@given(documents(PAGE) | st.binary(max_size=200))
@example(json.dumps(PAGE).replace("3.5", "1" + "0" * 400).encode())
@example(json.dumps(PAGE).replace('"running"', "[]").encode())
@example(json.dumps(PAGE).replace('"running"', '"\\u001b[2J"').encode())
@example(json.dumps({"format": "\x1b" * 9000}).encode())
def test_any_book_is_read_or_refused_and_never_taken_for_an_empty_one(data: bytes):
    found = book_in(data)
    if found is not None:
        assert isinstance(json.loads(data), dict)
        assert asdict(found)


def test_a_book_that_was_cut_anywhere_is_refused():
    whole = json.dumps(PAGE).encode()
    assert BOOK == book_in(whole)
    assert [] == [end for end in range(len(whole)) if book_in(whole[:end]) is not None]


@given(st.binary(max_size=3000), st.integers(-5, 5000), st.integers(1, 40))
def test_the_end_of_any_log_is_harmless_and_short(data: bytes, since: int, lines: int):
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "api.blue-1.log"
        path.write_bytes(data)
        said = tail(path, lines, max(since, 0))
    assert len(said) <= lines
    assert [] == [line for line in said if not line.replace("\t", "").isprintable()]
