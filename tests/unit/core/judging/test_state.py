"""A trial can be put down and taken up again."""

import json
import random
from dataclasses import replace

from tests.bench.judge import by_route, traffic
from tests.unit.core.judging.seconds import BARE, before, seconds, through_json, timed, told
from verdigris.core.judging.counts import Control
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


def fifty_routes(many):
    parts, way = by_route.zipf(60), traffic.steady(0.005)
    return by_route.seconds(random.Random(1), parts, way, {}, rate=2000, share=0.5, before=30, many=many)


def test_routes_and_what_was_sent_again_come_back_from_json_as_they_were():
    patient, counts = Settings(grace=5), list(fifty_routes(20))
    moved = [replace(c, at=c.at + 20, share=1.0, control=Control(c.live, c.candidate)) for c in counts[-5:]]
    state = begin(patient)
    for one in [*counts, *moved]:
        state = step(restored(through_json(state)), one, patient)
    assert (51, True) == (len(state.routes), any(state.sent))
    assert told([*counts, *moved], patient) == state == restored(through_json(state))


def test_with_fifty_routes_less_than_25_kilobytes_are_saved():
    state, most = begin(BARE), 0
    for one in fifty_routes(40):
        state = step(state, one, BARE)
        most = max(most, len(json.dumps(state, separators=(",", ":"))))
    assert 25_000 > most


def test_what_another_version_wrote_is_not_understood():
    row = through_json(begin(BARE))
    assert restored([VERSION + 1, *row[1:]]) is None
    assert restored([]) is None
