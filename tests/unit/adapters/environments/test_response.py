"""What is said of an answer: a sentence for each way in which it can be wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.environments.response import BODY_MOST, HealthCheck, judge_response
from verdigris.core.world import Slot

CHECK = HealthCheck(body=((("status",), "healthy"),))
JSON = {"content-type": "application/json"}
GOOD = {
    "status": "healthy",
    "checks": {"database": True, "uptime": 3.5},
    "environment": "blue",
    "release": "v2",
    "slot": "blue",
    "version": 1,
}


def judged(body, status=200, headers=JSON, check=CHECK):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return judge_response(check, status, headers, raw, "v2", Slot.BLUE)


def test_the_health_document_of_the_kit_passes():
    assert (True, "healthy") == judged(GOOD)


def test_plain_text_passes_when_only_a_status_is_asked_for():
    assert (True, "healthy") == judged(b"OK", headers={"content-type": "text/plain"}, check=HealthCheck())


def test_an_application_that_calls_its_environment_production_passes():
    assert judged(GOOD | {"environment": "production"})[0]


@pytest.mark.parametrize(
    ("body", "status", "headers", "said"),
    [
        (GOOD, 500, JSON, "the status is not 200"),
        (b"", 302, {"location": "http://login/"}, "it redirects to http://login/, which is not followed"),
        (b"<html>", 200, {"content-type": "text/html; charset=utf-8"}, "the body is HTML"),
        (b"{", 200, JSON, "the body is not valid JSON: Expecting property name"),
        (b"[" * 50_000, 200, JSON, "the body is not valid JSON"),
        (b"\xff\xfe\x00", 200, JSON, "the body is not valid JSON"),
        (b"[]", 200, JSON, "the body is a JSON list, not an object"),
        (b"x" * (BODY_MOST + 1), 200, JSON, "the body has more than 64 KiB"),
        (b"\x1f\x8b", 200, JSON | {"content-encoding": "gzip"}, "the body is compressed (gzip)"),
        (GOOD | {"status": "degraded"}, 200, JSON, 'status is "degraded", not "healthy"'),
        ({}, 200, JSON, "status is missing"),
        (GOOD | {"checks": {"database": False}}, 200, JSON, "database is false"),
        (GOOD | {"checks": {"database": False, "cache": False}}, 503, JSON, "database and cache are false"),
        (GOOD | {"checks": {f"c{i}": False for i in range(100)}}, 200, JSON, "c7 and 92 more are false"),
        (GOOD | {"release": "v1"}, 200, JSON, 'it answers as release "v1", asked was "v2"'),
        (GOOD | {"slot": "green"}, 200, JSON, 'it answers as slot "green", asked was "blue"'),
        (GOOD | {"environment": "green"}, 200, JSON, 'it answers as environment "green", asked was "blue"'),
    ],
)
def test_each_fault_has_its_sentence(body, status, headers, said):
    passed, sentence = judged(body, status, headers)
    assert not passed
    assert said in sentence


def test_all_that_is_wrong_is_said_at_once():
    _, sentence = judged(GOOD | {"status": "degraded", "checks": {"cache": False}}, status=503)
    assert 'the status is not 200; cache is false; status is "degraded", not "healthy"' == sentence


def test_true_is_not_one_and_a_nested_value_is_found():
    check = HealthCheck(body=((("checks", "database"), True),))
    assert judged({"checks": {"database": True}}, check=check)[0]
    assert "checks.database is 1, not true" == judged({"checks": {"database": 1}}, check=check)[1]


def test_status_ranges_have_both_ends():
    check = HealthCheck(statuses=((200, 204), (299, 299)))
    assert [True, True, True, False, False] == [
        judged(b"", status, {}, check)[0] for status in (200, 204, 299, 205, 300)
    ]


def test_what_a_terminal_could_act_on_is_escaped():
    _, sentence = judged(GOOD | {"release": "\x1b[2J\nroot#"})
    assert "\x1b" not in sentence and "\n" not in sentence


@given(st.binary(max_size=300), st.integers(100, 599), st.sampled_from(["application/json", "", "a\x1bb"]))
def test_whatever_is_answered_there_is_one_printable_sentence(body, status, kind):
    passed, sentence = judged(body, status, {"content-type": kind})
    assert isinstance(passed, bool)
    assert sentence.isprintable()
