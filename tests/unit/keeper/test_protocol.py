"""What is said over keeper.sock: every request reads back, everything else is refused with its reason."""

from __future__ import annotations

import json

import pytest

from verdigris.keeper import protocol
from verdigris.keeper.protocol import (
    LINE_MOST,
    VERBS,
    Hand,
    KeeperError,
    Observe,
    Reload,
    RoleRequest,
    RouterRequest,
    Shutdown,
    Spec,
    Start,
    StopRequest,
    Tail,
    Watch,
    decode,
    read_request,
    request_line,
)

SPEC = Spec("v1", "sha256:x", "/d", ("a", "{port}"), {"A": "1"}, 3.5, "2")
REQUESTS = [
    Observe(),
    Watch(),
    Tail("blue-1", 7),
    Start("blue", "k", 1, 2, SPEC, 2, {"S": "s3cret"}),
    StopRequest("blue", "k", 1, ("blue-1",)),
    RoleRequest("blue", "live", 1),
    RouterRequest(("haproxy", "-f", "x"), "/d", ("127.0.0.1:80",), 3, (), 1.5, 2.5),
    Reload(4, 1.5),
    Hand({"S": "s3cret"}, "api"),
    Shutdown(True, 5),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_every_request_reads_back_as_the_same_from_one_line(request_):
    line = request_line(request_)
    assert (1, True) == (line.count(b"\n"), line.endswith(b"\n"))
    assert request_ == read_request(line)


def test_every_verb_was_tried():
    assert set(VERBS.values()) == set(map(type, REQUESTS))


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_no_request_shows_a_secret(request_):
    assert "s3cret" not in repr(request_)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "is not JSON"),
        (b"\xff", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is a JSON list"),
        (b"{}", "verb must be one of observe, watch"),
        (b'{"verb": ["observe"]}', "verb must be one of"),
        (b'{"verb": "explode"}', "verb must be one of"),
        (b'{"verb": "observe", "more": 1}', "more is not a field"),
        (b'{"verb": "tail"}', "tail: name is missing"),
        (b'{"verb": "tail", "name": 1}', "tail.name: must be str, got int"),
        (b'{"verb": "hand", "secrets": {"S": 1}}', "hand.secrets.S: must be str"),
    ],
)
def test_what_is_no_request_is_refused_with_its_reason(line, words):
    with pytest.raises(KeeperError, match=words) as caught:
        read_request(line)
    assert "invalid" == caught.value.kind


def test_a_refusal_never_repeats_a_value():
    with pytest.raises(KeeperError) as caught:
        read_request(json.dumps({"verb": "hand", "secrets": "s3cret"}).encode())
    assert "s3cret" not in caught.value.sentence


def test_a_line_that_nobody_would_hear_is_not_sent():
    with pytest.raises(KeeperError, match=f"start: the request has .* bytes, at most {LINE_MOST} are heard"):
        request_line(Start("blue", "k", 1, 1, SPEC, secrets={"S": "x" * LINE_MOST}))


def test_an_error_has_a_kind_for_programs_and_a_sentence_for_people():
    error = KeeperError("conflict", "somebody was first")
    assert ("conflict", "somebody was first", "somebody was first") == (
        error.kind,
        error.sentence,
        str(error),
    )


def test_any_object_decodes():
    assert {"a": [1]} == decode(protocol.encode({"a": [1]}))
