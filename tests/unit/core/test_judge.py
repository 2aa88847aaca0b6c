"""From counts to a verdict: hard floors, the configured limits, and when nothing can be said."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEW,
    T0,
    UNSEEN,
    a_deployment,
    a_policy,
    a_routing,
    a_slot,
    a_stage,
    a_tally,
    routed,
)
from verdigris.core.judge import VerdictKind, judge
from verdigris.core.tallies import add_up
from verdigris.core.world import Known, Pause, PerSlot, Second, Tally, Unknown, Weights

GOOD, BAD, UNKNOWN = VerdictKind.GOOD, VerdictKind.BAD, VerdictKind.UNKNOWN
P = a_policy(min_requests=50, judge_over=10.0)
QUIET = Tally()
TORN = Second(T0 - 1.0, PerSlot(QUIET, a_tally(9)), lost=True)


def seconds(green, blue=QUIET, count=10, ends=T0):
    """As many seconds as `count`, the last of them over at `ends`, each with these tallies."""
    return Known(tuple(Second(ends - count + n, PerSlot(blue, green)) for n in range(count)), ends)


def one_among(second, others):
    """Ten seconds of green, of which one is this."""
    told = (Second(T0 - 10.0 + n, PerSlot(QUIET, second if n == 5 else others)) for n in range(10))
    return Known(tuple(told), T0)


def verdict(signals, policy=P, since=T0 - 60.0, **show):
    phase, changes = show.pop("phase", "bake"), {k: show.pop(k) for k in ("previous",) if k in show}
    stage = a_stage("bake")
    stage.now = T0
    stage.show |= {"signals": signals, "outcomes": show.pop("show_outcomes", None)}
    stage.slots[GREEN] = show.pop("slot", a_slot(GREEN, NEW))
    for name, value in show.items():
        setattr(stage, name, value)
    d = a_deployment(phase, routed=routed(a_routing(Weights(0, 100)), at=since), **changes)
    return judge(d, stage.world(), policy)


# --- good -----------------------------------------------------------------------------------------------------


def test_fresh_counts_without_a_regression_are_good():
    found = verdict(seconds(a_tally(100)))
    assert (GOOD, "0.00% errors in 1000 requests", GREEN) == (found.kind, found.sentence, found.attribution)


def test_few_requests_are_good_and_it_is_said_how_little_could_be_seen():
    found = verdict(seconds(a_tally(1, errors=1)))
    assert GOOD == found.kind
    assert "nothing bad seen, but only 10 requests in 10 s: little could have been" == found.sentence


def test_errors_up_to_the_limit_are_good():
    assert GOOD == verdict(seconds(a_tally(100, errors=1))).kind


@pytest.mark.parametrize("pause", [Pause.SAFE, Pause.ALL, Pause.MAINTENANCE])
def test_of_a_paused_app_nothing_good_can_be_said(pause):
    routing = replace(a_routing(Weights(0, 100)), pause=pause)
    found = verdict(seconds(QUIET), routing=routing)
    assert (UNKNOWN, True) == (found.kind, "`verdigris unpause`" in found.sentence)


def test_what_fails_in_a_paused_app_is_bad_all_the_same():
    routing = replace(a_routing(Weights(0, 100)), pause=Pause.ALL)
    assert BAD == verdict(seconds(a_tally(100, errors=50)), routing=routing).kind
    assert BAD == verdict(seconds(QUIET), routing=routing, slot=a_slot(GREEN, NEW, alive=False)).kind


# --- what users get -------------------------------------------------------------------------------------------


def counted(blue=0.0, green=0.0, why=""):
    """A source that last counted each slot so many seconds ago."""
    return PerSlot(Known(why, T0 - blue), Known(why, T0 - green))


def test_what_users_get_is_good_to_know_while_it_is_counted():
    found = verdict(seconds(a_tally(100)), show_outcomes=counted(29.0, 5.0))
    assert GOOD == found.kind


@pytest.mark.parametrize("slot", [BLUE, GREEN])
def test_nothing_good_can_be_said_while_nobody_counts_what_users_get(slot):
    found = verdict(seconds(a_tally(100)), show_outcomes=counted(**{slot: 31.0}, why="it answered 503"))
    assert (UNKNOWN, f"nobody counts what users get in {slot}: it answered 503") == (
        found.kind,
        found.sentence,
    )


def test_a_source_that_never_counted_is_named_with_its_reason():
    never = PerSlot(Known("", T0), Unknown("the query returned nothing"))
    assert (
        "in green: the query returned nothing" in verdict(seconds(a_tally(100)), show_outcomes=never).sentence
    )


def test_what_is_bad_stays_bad_while_nobody_counts_what_users_get():
    gone = counted(1000.0, 1000.0)
    assert BAD == verdict(seconds(a_tally(100, errors=50)), show_outcomes=gone).kind
    assert BAD == verdict(seconds(QUIET), show_outcomes=gone, slot=a_slot(GREEN, NEW, alive=False)).kind


def test_afterwards_and_of_the_first_release_nobody_asks_what_users_get():
    gone = counted(1000.0, 1000.0)
    assert GOOD == verdict(seconds(a_tally(100)), show_outcomes=gone, phase="stabilize").kind
    assert GOOD == verdict(seconds(a_tally(100)), show_outcomes=gone, previous=None).kind


# --- bad ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["errors", "unreached", "timeouts"])
def test_more_failures_than_the_limit_are_bad_whatever_their_kind(kind):
    found = verdict(seconds(replace(a_tally(100), **{kind: 3})))
    assert (BAD, "green fails 3.0% of its requests (limit 1.00%)") == (found.kind, found.sentence)
    assert "1000 requests" in found.evidence


def test_what_the_application_counts_as_failed_is_above_the_limit_as_any_failure_is():
    inside = replace(a_tally(100), failed_inside=50)
    found = verdict(seconds(inside))
    assert (BAD, "green fails 50.0% of its requests (limit 1.00%)") == (found.kind, found.sentence)
    assert "500 failed inside" in found.evidence
    assert UNKNOWN == verdict(seconds(inside, blue=inside)).kind


def test_a_failure_or_two_among_few_are_above_the_limit_and_no_verdict():
    assert GOOD == verdict(one_among(replace(a_tally(6), errors=1), a_tally(6))).kind
    assert GOOD == verdict(seconds(a_tally(100, errors=2))).kind


def test_refusals_are_the_client_s_and_no_failures():
    assert GOOD == verdict(seconds(replace(a_tally(100), refused=50))).kind


def test_a_slow_candidate_is_bad_where_a_limit_is_set():
    slow = seconds(a_tally(100, milliseconds=900.0))
    assert GOOD == verdict(slow).kind
    found = verdict(slow, replace(P, max_p99=0.5))
    assert (BAD, "green answers 1 % of its requests slower than 500 ms") == (found.kind, found.sentence)


def test_a_slow_answer_among_few_is_no_verdict():
    assert GOOD == verdict(seconds(a_tally(1, milliseconds=900.0)), replace(P, max_p99=0.5)).kind
    quick = a_tally(6)
    late = replace(quick, latency=add_up((a_tally(5).latency, a_tally(1, milliseconds=900.0).latency)))
    assert GOOD == verdict(one_among(late, quick), replace(P, max_p99=0.5)).kind
    assert BAD == verdict(one_among(a_tally(6, milliseconds=900.0), quick), replace(P, max_p99=0.5)).kind


def test_every_instance_gone_is_bad_at_once_with_their_last_words():
    gone = a_slot(GREEN, NEW, alive=False, sentence="killed: out of memory")
    found = verdict(UNSEEN, slot=gone)
    assert (BAD, "every instance of 2.0 in green is gone") == (found.kind, found.sentence)
    assert "green-1: killed: out of memory" in found.evidence


def test_the_router_s_own_turn_is_bad_at_once():
    found = verdict(UNSEEN, fell_back=BLUE)
    assert (BAD, True) == (found.kind, "the router turned to blue by itself" in found.sentence)


def test_a_run_of_failures_is_bad_before_the_minimum_sample():
    found = verdict(seconds(a_tally(3, errors=3, streak=24)))
    assert (BAD, "the last 24 requests to green all failed") == (found.kind, found.sentence)


def test_a_short_run_of_failures_is_not():
    assert GOOD == verdict(seconds(a_tally(2, errors=2, streak=19), count=5)).kind


def test_a_run_of_failures_of_whoever_was_in_the_slot_before_is_not_this_release_s():
    assert GOOD == verdict(seconds(a_tally(0, streak=240))).kind


def test_what_was_counted_before_the_switch_is_not_held_against_the_candidate():
    assert GOOD == verdict(seconds(a_tally(100, errors=90, streak=0)), since=T0 - 0.5).kind


def test_what_was_counted_long_ago_is_not_either():
    old, new = a_tally(100, errors=90), a_tally(100)
    mixed = (*seconds(old, count=10, ends=T0 - 10).value, *seconds(new).value)
    assert GOOD == verdict(Known(mixed, T0)).kind


# --- unknown --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signals", "sentence"),
    [
        (Unknown("the log stream is cut"), "no request counts: the log stream is cut"),
        (Known((), T0), "the newest request counts are older than 5 s"),
        (seconds(a_tally(100), ends=T0 - 6.0), "the newest request counts are older than 5 s"),
        (Known((TORN,), T0), "not every request of the last second is accounted for"),
    ],
)  # fmt: skip
def test_without_fresh_and_whole_counts_nothing_is_known(signals, sentence):
    found = verdict(signals)
    assert (UNKNOWN, sentence) == (found.kind, found.sentence)


def test_a_torn_second_in_between_is_left_out_and_the_rest_counts():
    torn = replace(seconds(a_tally(100, errors=100)).value[0], lost=True, at=T0 - 5.0)
    whole = seconds(a_tally(100)).value
    assert GOOD == verdict(Known((*whole[:5], torn, *whole[5:]), T0)).kind


def test_a_second_whose_lines_are_missing_costs_its_own_time_and_not_that_of_the_one_two_seconds_later():
    whole = seconds(a_tally(100)).value
    torn = replace(whole[-3], lost=True)
    assert GOOD == verdict(Known((*whole[:-3], torn, *whole[-2:]), T0)).kind


def unheard(second):
    return replace(second, lost=True, unheard=True)


def test_while_every_second_is_lost_by_the_time_it_is_judged_nothing_is_known():
    """An instance that counts its failed calls itself is missed two seconds after a second has ended."""
    told = tuple(unheard(s) if s.at + 3.0 <= T0 else s for s in seconds(a_tally(100)).value)
    found = verdict(Known(told, T0))
    assert (UNKNOWN, "not every request of the last second is accounted for") == (found.kind, found.sentence)


def test_what_is_above_a_limit_for_sure_is_bad_though_other_seconds_are_lost():
    """An instance that hangs is not heard any more, and fails: that nobody can count all of it keeps nobody on it."""
    told = tuple(unheard(s) if s.at + 3.0 <= T0 else s for s in seconds(a_tally(100, errors=50)).value)
    assert BAD == verdict(Known(told, T0)).kind


def test_what_is_ripe_is_told_by_when_the_counts_were_taken_however_long_the_look_took():
    late = tuple(unheard(s) if s.at == T0 - 4.0 else s for s in seconds(a_tally(100)).value)
    assert UNKNOWN == verdict(Known(late, T0 - 0.9)).kind


@pytest.mark.parametrize("green", [a_tally(100, errors=50), a_tally(100, errors=100, streak=100)])
def test_when_both_slots_fail_it_is_something_they_share(green):
    found = verdict(seconds(green, blue=a_tally(100, errors=50)))
    assert (UNKNOWN, None) == (found.kind, found.attribution)
    assert "green and blue both fail: something they share is broken, not the release" == found.sentence


def test_hard_floors_act_though_the_counts_are_cut():
    assert BAD == verdict(Unknown("cut"), slot=a_slot(GREEN, NEW, alive=False)).kind
