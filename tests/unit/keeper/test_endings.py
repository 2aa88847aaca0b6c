"""What the end of a process makes of its record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verdigris.keeper.endings import backed_off, ending, given_up, how_stopped
from verdigris.keeper.journal import Instance, Slot
from verdigris.keeper.observed import State
from verdigris.keeper.protocol import Spec
from verdigris.keeper.restarts import Tuning, limit

SLOT = Slot("blue", "k", 1, 2, 1, Spec("v1", "d", "/r", ("run",)))
SICK = replace(SLOT, restarts=limit(2))


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exited 0"), (3, "exited 3"), (-11, "died of signal 11"), (None, "ended, its exit code is unknown")],
)
def test_an_end_is_said_in_words(code, words):
    assert words == ending(code)


def test_who_had_to_be_killed_is_told_apart():
    assert "killed after 5.0 s: ignores SIGTERM" == how_stopped(-9, 5.0)
    assert "died of signal 15 after SIGTERM in 0.1 s" == how_stopped(-15, 0.1)


def test_nobody_tries_for_ever_what_never_was_up():
    said = given_up(SICK, "exited 3", Tuning())
    assert said.startswith("exited 3; blue was restarted 3 times and never up for 10 s")
    assert "" == given_up(replace(SICK, restarts=limit(2) - 1), "exited 3", Tuning())


def test_what_was_up_once_is_tried_for_ever():
    assert "" == given_up(replace(SICK, proven=True, restarts=1000), "exited 3", Tuning())


def test_the_next_start_waits_longer_and_remembers_why():
    first = backed_off(Instance("blue-1", "m", port=20001), 3, "exited 3", 100.0, Tuning())
    second = backed_off(first, -9, "died of signal 9", 200.0, Tuning())
    assert (State.BACKOFF, 3, 1, 1) == (first.state, first.exit_code, first.restarts, first.streak)
    assert (100.1, 200.2) == (first.until, second.until)
    assert ("last time it died of signal 9", 20001, None) == (second.sentence, second.port, second.process)
