"""A trial can be put down and taken up again."""

from dataclasses import replace

from tests.unit.core.judging.seconds import BARE, before, seconds, through_json, timed, told
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import VERSION, begin, restored
from verdigris.core.judging.trial import step


def test_a_restart_every_second_neither_loses_nor_doubles_evidence():
    counts = [*before(1, 30), *seconds(2, 60, begin_at=100, candidate=0.013)]
    state = begin(BARE)
    for one in counts:
        state = step(restored(through_json(state)), one, BARE)
    assert told(counts) == state
    assert told(counts) == restored(through_json(state))


def test_latencies_users_and_the_verdict_come_back_from_json_as_they_were():
    counts = [
        replace(c, live=replace(c.live, good=150, bad=50), candidate=replace(c.candidate, good=120, bad=80))
        for c in timed(7, 40, lambda dice: 1.0)
    ]
    limits = Settings(grace=5, slo_errors=0.02, slo_p99=300.0)
    state = begin(limits)
    for one in counts:
        state = step(restored(through_json(state)), one, limits)
    assert state.decided is not None
    assert state.pairs
    assert told(counts, limits) == state == restored(through_json(state))


def test_what_another_version_wrote_is_not_understood():
    row = through_json(begin(BARE))
    assert restored([VERSION + 1, *row[1:]]) is None
    assert restored([]) is None
