"""What a load is asked to send and what came of it, as values: nothing is sent here."""

import pytest

from load import Call, Record, Result

BLUE = Record("GET /", sent=1.0, received=1.5, status=200, slot="blue", version="1")
RESULT = Result(
    (
        BLUE,
        BLUE._replace(sent=2.0, received=2.1),
        BLUE._replace(sent=3.0, received=3.2, slot="green", version="2"),
        BLUE._replace(sent=4.0, received=4.9, status=0, slot="", version="", error="timeout"),
    ),
    unsent=7,
)


def test_a_result_says_when_a_slot_was_last_sent_to():
    assert 2.0 == RESULT.last_sent_to("blue", after=0.5)
    assert None is RESULT.last_sent_to("blue", after=2.0)


def test_a_result_counts_by_version_slot_and_error():
    assert {"1": 2, "2": 1} == RESULT.by_version
    assert {"blue": 2, "green": 1} == RESULT.by_slot
    assert {"timeout": 1} == RESULT.by_error
    assert (4, 1) == (RESULT.requests, RESULT.failed)


def test_percentiles_are_of_answered_requests():
    assert (pytest.approx(0.5), pytest.approx(0.2)) == (RESULT.percentile(0.99), RESULT.percentile(0.5))
    assert 0.0 == Result(()).percentile(0.99)


def test_a_result_survives_the_way_between_processes():
    assert RESULT == Result.from_json(RESULT.to_json())


@pytest.mark.parametrize(
    "text", ["3 GET /orders", "1 POST /attachments 65536", '2 POST /orders {"item": "tea"}']
)
def test_a_call_is_written_as_it_is_read(text):
    assert text == str(Call.parse(text))
