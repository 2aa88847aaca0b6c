"""Where all users are in one slot, requests that were sent to both again are compared."""

import random
from dataclasses import replace

import pytest

from tests.unit.core.judging.seconds import BARE, EDGES, poisson, said, slow, told
from verdigris.core.judging.control import compared_in, sent_again
from verdigris.core.judging.counts import Arm, Control, Counts
from verdigris.core.judging.dispersion import EMPTY
from verdigris.core.judging.finding import Kind, find
from verdigris.core.judging.settings import Metric

ALONE = replace(BARE, baseline=False)


def moved(seed, many, *, live=0.0, candidate=0.0, rate=15, at=0):
    """All traffic moved, and some requests sent to both again."""
    dice = random.Random(seed)
    for t in range(many):
        n = poisson(dice, rate)
        pair = Control(*(Arm(n, sum(dice.random() < p for _ in range(n))) for p in (live, candidate)))
        users = Arm(1000, sum(dice.random() < candidate for _ in range(1000)))
        yield Counts(at + t, Arm(), users, share=1.0, control=pair)


def test_a_regression_is_found_when_all_traffic_was_moved():
    for seed in range(5):
        state = told(moved(seed, 120, candidate=0.05), ALONE)
        found = find(state, ALONE)
        assert (Kind.REGRESSED, Metric.ERRORS, True) == (found.kind, found.regressed[0], found.again)
        assert not found.alone


def test_who_fails_as_often_as_live_is_left_alone():
    for seed in range(5):
        assert (
            Kind.REGRESSED is not find(told(moved(seed, 300, live=0.05, candidate=0.05), ALONE), ALONE).kind
        )


def test_the_sentence_says_in_how_many_requests_that_were_sent_again():
    words = said(moved(1, 120, candidate=0.05), ALONE)
    assert " requests sent to both again, as all users are in one: " in words
    eg, eb, ng, nb = told(moved(1, 120, candidate=0.05), ALONE).sent
    assert f"{ng + nb} requests sent to both again" in words
    assert f"{eg} of {ng} failed in green, {eb} of {nb} in blue." in words
    assert "sent to both again" in said(moved(1, 20), ALONE)


def test_the_limits_and_what_is_seen_go_on_with_users():
    state = told(moved(1, 20, candidate=0.0), replace(ALONE, slo_errors=0.02))
    assert (20_000, ()) == (state.seen[2], state.strata)
    breach = [replace(one, candidate=Arm(1000, 200)) for one in moved(1, 40)]
    assert Kind.REGRESSED is find(told(breach, replace(ALONE, slo_errors=0.02)), ALONE).kind


def test_while_both_have_users_these_are_compared():
    with_users = Counts(0, Arm(500), Arm(500), share=0.5, control=Control(Arm(9), Arm(9, 9)))
    assert not sent_again(with_users, False)
    assert Control(Arm(500), Arm(500)) == compared_in(with_users, False)
    assert sent_again(replace(with_users, share=0.995), False)
    unknown = replace(with_users, share=None)
    assert not sent_again(unknown, True)
    assert sent_again(replace(unknown, live=Arm()), False)
    assert sent_again(replace(unknown, live=Arm(), candidate=Arm()), False)


def test_a_second_without_any_is_no_reason_to_compare_users_of_one_slot():
    silent = Counts(20, Arm(), Arm(1000, 1000), share=1.0)
    state = told(moved(1, 20), ALONE)
    assert (state.sent, True) == ((after := told([silent], ALONE, state)).sent, after.again)
    assert state.errors.pending == after.errors.pending


@pytest.mark.parametrize("again", [True, False])
def test_users_and_what_was_sent_again_never_wait_together(again):
    users = [Counts(t, Arm(3, 0), Arm(900, 9), share=0.5) for t in range(3)]
    sent = [replace(one, control=Control(Arm(2), Arm(2))) for one in moved(1, 1, at=3)]
    back = [Counts(4, Arm(3), Arm(4), share=0.5)]
    state = told([*users, *sent, *([] if again else back)], ALONE)
    assert ((0, 0, 2, 2) if again else (0, 0, 4, 3)) == state.errors.pending
    assert 1 == len(state.errors.dispersion.seconds)
    assert (9 * 3, 0, 2700, 9) == told([*users, *sent], ALONE).strata[0]


def test_latencies_of_what_is_sent_again_are_compared_too():
    dice = random.Random(3)
    fast, late = (lambda _: 1.0), (lambda _: 2.0)
    history = [Counts(t, slow(dice, 200, fast), Arm(), EDGES) for t in range(-60, 0)]
    both = [
        Counts(t, Arm(0, 0, (0,) * len(EDGES)), slow(dice, 200, late), EDGES, 1.0,
               control=Control(slow(dice, 30, fast), slow(dice, 30, late)))
        for t in range(60)
    ]  # fmt: skip
    state = told([*history, *both], ALONE)
    assert Metric.LATENCY is find(state, ALONE).regressed[0]
    assert state.pairs[0].seen[3] < 60 * 30 + 1


def test_before_any_comparison_nothing_was_sent():
    assert (EMPTY, False) == ((state := told([Counts(0, Arm(9), Arm())])).sent, state.again)
