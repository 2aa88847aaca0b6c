"""The words that stand in several places are made in one."""

import pytest

from verdigris.adapters.routers.haproxy.words import ANSWERS, EARLY, early_answer, milliseconds


@pytest.mark.parametrize("status", EARLY)
def test_an_early_answer_is_whole_and_marked_as_ours(status):
    name, text = early_answer(status)
    head, _, body = text.partition("\r\n\r\n")
    assert f"{status}.http" == name
    assert f"Content-Length: {len(body)}" in head.split("\r\n")
    assert f"X-Verdigris-Error: {ANSWERS[status]}" in head.split("\r\n")
    assert f'"{ANSWERS[status]}"' in body


def test_a_time_is_rounded_to_whole_milliseconds():
    assert ("2ms", "60000ms") == (milliseconds(0.0015), milliseconds(60))
