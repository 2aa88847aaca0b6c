"""That far fewer requests come is told, and decides nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.core.worlds import a_deployment, a_policy, a_stage, a_tally
from verdigris.core.fallen import fallen
from verdigris.core.judge import VerdictKind, judge
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import begin
from verdigris.core.world import Known, PerSlot, Second


def after(requests: int, seconds: int):
    """A deployment whose live slot had so many requests in so many seconds, before the candidate had any."""
    state = begin(Settings())
    return a_deployment(
        "bake", trial=state._replace(base=state.base._replace(requests=requests, seconds=seconds))
    )


def coming(each: int, count: int = 10, own: int = 0):
    tally = replace(a_tally(each + own), own=own)
    return tuple(Second(float(n), PerSlot(tally, a_tally(0))) for n in range(count))


def test_fewer_than_half_are_told_with_both_rates():
    said = fallen(after(48_000, 100), coming(210, own=3))
    assert "; requests fell from 480 a second, before green had any, to 210" == said


@pytest.mark.parametrize(
    ("requests", "seconds", "now"),
    [
        (48_000, 100, coming(240)),
        (48_000, 100, coming(1, count=9)),
        (900, 100, coming(0)),
        (48_000, 50, coming(0)),
    ],
    ids=["half", "a moment", "little before", "a short time before"],
)
def test_what_says_nothing_is_not_told(requests, seconds, now):
    assert "" == fallen(after(requests, seconds), now)


def test_without_a_trial_there_is_no_time_before():
    assert "" == fallen(a_deployment("bake"), coming(0))


def test_the_verdict_says_it_and_stays_good():
    stage = a_stage("bake")
    stage.d = replace(stage.d, trial=after(48_000, 100).trial)
    begun = stage.now - 20.0
    stage.show["signals"] = Known(tuple(replace(s, at=begun + s.at) for s in coming(1, count=20)), stage.now)
    stage.d = replace(stage.d, routed=replace(stage.d.routed, at=begun - 1.0))
    found = judge(stage.d, stage.world(), a_policy(judge_over=30.0))
    assert (VerdictKind.GOOD, True) == (found.kind, "; requests fell from 480" in found.sentence), found
