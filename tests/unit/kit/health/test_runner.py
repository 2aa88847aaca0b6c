import queue
import threading

import pytest

from tests.waiting import eventually_sync
from verdigris_kit.health import Finding
from verdigris_kit.health.runner import GIVEN_UP_AFTER, HANGING_MOST, REASON_LONGEST, Runner


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def asked(check):
    """The outcome of one run from a thread."""
    outcomes = queue.Queue()
    Runner(check).start(outcomes.put, 10, None)
    return outcomes.get(timeout=20)


def raising(error):
    def check():
        raise error

    return check


@pytest.mark.parametrize(
    ("answer", "passed", "reason"),
    [
        (True, True, ""),
        (False, False, "it answered False"),
        (None, False, "it answered neither True nor False but a NoneType"),
        ("yes", False, "it answered neither True nor False but a str"),
        (Finding(True, "a note"), True, "a note"),
        (Finding("yes"), False, "it answered neither True nor False but a Finding"),
    ],
)
def test_what_a_check_answers_is_an_outcome_with_its_reason(answer, passed, reason):
    outcome = asked(lambda: answer)
    assert (passed, reason) == (outcome.passed, outcome.reason)
    assert outcome.milliseconds >= 0


@pytest.mark.parametrize("error", [OSError("no\r\nroute"), SystemExit("no route")])
def test_what_a_check_raises_is_its_reason_on_one_line(error):
    outcome = asked(raising(error))
    assert (False, f"{type(error).__name__}: no route") == (outcome.passed, outcome.reason)


class Mute(Exception):
    def __str__(self):
        raise ValueError("no words")


@pytest.mark.parametrize(("error", "reason"), [(TimeoutError(), "TimeoutError"), (Mute(), "Mute")])
def test_an_error_without_words_is_its_name(error, reason):
    assert reason == asked(raising(error)).reason


@pytest.mark.parametrize("error", [OSError("gone"), SystemExit("gone")])
def test_what_a_coroutine_raises_is_its_reason_too(error):
    async def check():
        raise error

    assert f"{type(error).__name__}: gone" == asked(check).reason


def test_a_long_reason_is_cut():
    assert REASON_LONGEST == len(asked(raising(OSError("x" * 10_000))).reason)


def test_an_object_that_is_called_like_a_coroutine_function_is_one():
    class Check:
        async def __call__(self):
            return True

    assert asked(Check()).passed


def test_a_check_that_hangs_is_given_up_after_a_time_and_never_more_often_than_a_few_times():
    door, clock, calls, outcomes = threading.Event(), Clock(), [], queue.Queue()

    def check():
        calls.append(1)
        return door.wait(60)

    runner = Runner(check, clock)
    for n in range(HANGING_MOST + 2):
        runner.start(outcomes.put, 0.1, None)
        eventually_sync(lambda n=n: len(calls) > min(n, HANGING_MOST - 1), "the check to begin")
        clock.seconds += 1
        runner.start(outcomes.put, 0.1, None)
        assert "it was asked 1.0 s ago and has not answered yet" in outcomes.get(timeout=20).reason or (
            len(calls) == HANGING_MOST
        )
        clock.seconds += GIVEN_UP_AFTER
    assert HANGING_MOST == len(calls)
    door.set()
