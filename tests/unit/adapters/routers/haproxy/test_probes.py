"""Who answered, by the application's own words or the environment's evidence. Real requests: `test_requests`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.adapters.conftest import Clock
from tests.unit.core.worlds import GREEN
from verdigris.adapters.routers.haproxy.probes import BODY_MOST, FRONT, Probes, _own_words, only_200
from verdigris.adapters.routers.haproxy.settings import Door, Site
from verdigris.core.world import Answer, Member, Unknown

SEAT = (GREEN, Member("green-1", "127.0.0.1:1"))


def probes(version: str | None = None) -> Probes:
    site = Site("api", "127.0.0.1:80")
    return Probes(Door(Path("/x"), (site,)), site, Clock(), "secret", only_200, lambda slot, member: version)


def test_only_200_is_good():
    assert ("", "it answered 503") == (only_200(200, b""), only_200(503, b""))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"slot": "green", "release": "2.0"}, (GREEN, "2.0")),
        ({"environment": "green", "release": "2.0"}, (GREEN, "2.0")),
        ({"slot": "green"}, (None, None)),
        ({"release": "2.0"}, (None, None)),
        ({"slot": "purple", "release": "2.0"}, (None, None)),
        ({"slot": "green", "release": 2}, (None, None)),
        ({"slot": "green", "release": ""}, (None, None)),
        ({"slot": ["green"], "release": "2.0"}, (None, None)),
        ({"slot": "green", "release": "\ud800"}, (None, None)),
        ({"slot": "green", "release": "2\x1b[2J"}, (None, None)),
        ({"slot": "green", "release": "2" * 201}, (None, None)),
        (["green", "2.0"], (None, None)),
    ],
)
def test_a_half_of_what_an_application_says_is_none_of_it(document, words):
    assert words == _own_words(json.dumps(document).encode())


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_what_is_no_document_says_nothing(body):
    assert (None, None) == _own_words(body)


def test_the_applications_own_words_come_before_the_evidence():
    body = b'{"slot": "green", "release": "2.0"}'
    assert Answer(GREEN, "2.0", True, "2.0 in green answered 200") == probes("1.0")._answer(200, body, SEAT)


def test_an_application_that_says_nothing_is_known_by_the_evidence_or_not_at_all():
    assert Answer(GREEN, "1.0", True, "1.0 in green answered 200") == probes("1.0")._answer(200, b"", SEAT)
    nobody = Answer(None, None, True, "nothing tells the release")
    assert nobody == probes(None)._answer(200, b"", SEAT) == probes("1.0")._answer(200, b"", None)


def test_what_is_wrong_is_said_with_whose_it_is():
    assert Answer(GREEN, "1.0", False, "it answered 503") == probes("1.0")._answer(503, b"", SEAT)
    long = probes("1.0")._answer(200, b"x" * (BODY_MOST + 1), SEAT)
    assert (False, f"its answer is longer than {BODY_MOST} bytes") == (long.passed, long.sentence)


def test_before_anything_came_back_the_answer_is_unknown():
    assert Unknown("it has not come yet") == probes().answer(FRONT)
