"""What a trial has come to."""

from dataclasses import replace
from math import log

import pytest

from tests.unit.core.judging.seconds import BARE, before, seconds, told
from verdigris.core.judging.counts import Arm
from verdigris.core.judging.finding import Kind, find
from verdigris.core.judging.settings import Metric
from verdigris.core.judging.state import begin


def test_no_early_promotion_while_something_else_is_under_suspicion():
    users = [replace(c, live=Arm(c.live.requests, 0, (), 950, 50), candidate=Arm(c.candidate.requests, 0, (), 920, 80))
             for c in seconds(1, 100, live=0.0, candidate=0.0)]  # fmt: skip
    found = [find(told(users[:many]), BARE) for many in range(1, 40)]
    assert [] == [f.ln_e for f in found if f.kind is Kind.NO_HARM_PROVEN and f.ln_e >= log(10)]
    assert any(log(10) <= f.ln_e < f.limit for f in found)


def test_where_hardly_anybody_is_left_on_live_the_time_before_speaks():
    history = list(before(1, 300, live=0.001))
    worse = seconds(2, 30, begin_at=300, share=0.999, live=0.001, candidate=0.02)
    state = told([*history, *worse])
    found = find(state, BARE)
    assert Kind.REGRESSED is found.kind
    assert Metric.BASELINE is found.regressed[0]
    assert found.alone


def test_what_is_worse_is_named_with_its_part_of_the_evidence():
    found = find(told(seconds(1, 60, live=0.001, candidate=0.01, share=0.1)), BARE)
    assert (Kind.REGRESSED, (Metric.ERRORS,)) == (found.kind, found.regressed)
    assert 1.0 == pytest.approx(sum(part.share for part in found.parts))
    assert found.ln_e >= found.limit
    assert 1.0 < found.at_least < 12.0
    assert not found.alone


def test_what_could_have_been_found_is_said_where_nothing_was():
    found = find(told(seconds(1, 60, live=0.01, candidate=0.01)), BARE)
    assert found.detectable is not None
    assert 0.01 * 1.25 < found.detectable.rate < 0.04
    assert found.detectable.rate / found.detectable.ratio == pytest.approx(0.01, rel=0.2)
    assert find(begin(BARE), BARE).detectable is None
