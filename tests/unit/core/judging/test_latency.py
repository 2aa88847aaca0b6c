"""Slower, in the body or in the tail."""

import random
from dataclasses import replace

import pytest

from tests.unit.core.judging.seconds import BARE, EDGES, kind, slow, timed, told
from verdigris.core.judging.finding import Kind, find
from verdigris.core.judging.latency import QUANTILES, choose
from verdigris.core.judging.latency import step as latency_step
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.trial import step


@pytest.mark.parametrize(
    ("longer", "most"), [(lambda dice: 1.3, 40), (lambda dice: 3.0 if dice.random() < 0.1 else 1.0, 60)]
)
def test_a_release_that_is_slower_is_found_in_the_body_and_in_the_tail(longer, most):
    state = told(timed(1, 100, longer))
    found = find(state, BARE)
    assert (Kind.REGRESSED, Metric.LATENCY) == (found.kind, found.regressed[0])
    assert most >= found.after


def test_a_release_that_is_five_percent_slower_is_left_alone():
    assert Kind.REGRESSED is not kind(timed(2, 100, lambda dice: 1.05))


def test_without_a_time_before_live_shows_during_the_grace_where_to_look():
    settings = Settings(grace=10)
    counts = [c for c in timed(3, 60, lambda dice: 1.5) if c.at >= 0]
    assert Metric.LATENCY is find(told(counts, settings), settings).regressed[0]


def test_edges_that_change_are_not_compared_with_others():
    counts = list(timed(4, 10, lambda dice: 1.0))
    state = told(counts)
    other = replace(counts[-1], at=10, edges=tuple(edge + 1 for edge in EDGES))
    assert state.pairs == step(state, other, BARE).pairs


def test_edges_other_than_those_of_the_time_before_are_learnt_anew():
    was = [replace(c, edges=tuple(edge * 7 for edge in EDGES)) for c in timed(5, 0, lambda dice: 1.0)]
    settings = Settings(grace=5)
    state = told([*was, *(c for c in timed(6, 60, lambda dice: 1.5) if c.at >= 0)], settings)
    assert EDGES == state.edges
    assert Metric.LATENCY is find(state, settings).regressed[0]


def test_pairs_lie_along_the_distribution_and_are_a_margin_apart():
    live = slow(random.Random(8), 5000, lambda dice: 1.0)
    pairs = choose(EDGES, live.slow, live.requests, BARE)
    assert 1.0 == pytest.approx(sum(pair.weight for pair in pairs))
    found = [(EDGES[pair.edge_b], EDGES[pair.edge_g], pair.base) for pair in pairs]
    assert sorted(found) == found
    for (edge, other, base), (quantile, _) in zip(found, QUANTILES, strict=True):
        margin = 1.05 if quantile <= 0.75 else 1.1
        assert margin <= other / edge * (1 + 1e-9) < margin + 0.03
        assert 0.5 <= base / (1.0 - quantile) <= 2.0


def test_few_edges_make_few_pairs_and_too_few_make_none():
    assert [(0, 1, 1.0)] == [pair[:3] for pair in choose((50.0, 100.0), (40, 10), 100, BARE)]
    assert () == choose((50.0,), (40,), 100, BARE)
    assert () == choose((50.0, 100.0), (0, 0), 100, BARE)


def test_the_working_rate_is_that_of_live_before_this_second():
    (pair,) = choose((50.0, 100.0), (40, 10), 100, BARE)
    assert 0.4 == pytest.approx(pair.working)
    (later,) = latency_step((pair,), (900, 0), (0, 0), 1000, 2000, BARE)
    assert 0.4 * 2000 / 4000 == pytest.approx(later.working)
