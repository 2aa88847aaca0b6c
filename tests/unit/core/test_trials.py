"""The trial of a deployment: which seconds it is told, once each, and what becomes of what it finds."""

from dataclasses import dataclass, fields, replace

import pytest

from tests.unit.core.worlds import BLUE, GREEN, RAMP, T0, Stage, a_stage, a_tally
from verdigris.core import trials, waits
from verdigris.core.judge import VerdictKind, judge
from verdigris.core.judging.counts import Route
from verdigris.core.judging.finding import Kind
from verdigris.core.judging.settings import Metric
from verdigris.core.judging.trial import step
from verdigris.core.policy import Step
from verdigris.core.tallies import BINS
from verdigris.core.trials import arm, settings_of
from verdigris.core.world import Known, PerSlot, RouteTally, Second, Tally, Unknown, Verb

LONG = {"bake": 1000.0, "max_error_rate": 0.5, "grace": 5.0}
HELD_BACK = {"ramp": (Step(10, 200.0), Step(50, 200.0), Step(90, 0.0)), "holdback": 10, **LONG}


def at_ten_percent(**changes):
    """A ramp at 10 % of 5,000 requests a second, with a baseline before it."""
    stage = a_stage("cutover", **{**HELD_BACK, **changes})
    stage.rate = 5000
    return stage


def looks(stage, many):
    return [stage.look() for _ in range(many)]


# --- which seconds ------------------------------------------------------------------------------------------------


def test_before_the_candidate_has_traffic_live_is_the_baseline():
    state = a_stage("validate").d.trial
    assert (None, True) == (state.exposed_at, state.base.requests >= 2500)


def test_what_was_in_the_slot_before_is_not_the_candidate():
    stage = a_stage("preflight")
    both = Known((Second(T0 - 9, PerSlot(a_tally(50), a_tally(50))),), T0)
    stage.show["signals"] = both
    stage.look()
    assert (int(T0) - 9, 0) == (stage.d.trial.at, stage.d.trial.base.requests)


def test_a_second_is_taken_once_however_often_it_is_looked_at():
    stage = at_ten_percent()
    looks(stage, 20)
    d, w = stage.d, stage.world()
    again = trials.go_on(trials.go_on(d, w, stage.p), w, stage.p)
    assert trials.go_on(d, w, stage.p).trial == again.trial
    assert d is trials.go_on(d, replace(w, now=w.now + 0.2), stage.p)


def test_a_second_is_not_taken_before_it_is_known_whether_lines_are_missing():
    stage = at_ten_percent()
    looks(stage, 5)
    assert stage.now - 1.0 - trials.RIPE == stage.d.trial.at


def test_nor_because_the_rest_of_the_look_took_its_time():
    stage = at_ten_percent()
    looks(stage, 5)
    before = stage.d.trial
    stage.show["signals"] = stage.signals()
    stage.look(after=1.0)
    assert before is stage.d.trial


def test_a_second_with_lost_lines_is_left_out_and_never_a_second_of_nothing():
    stage = at_ten_percent()
    looks(stage, 10)
    before = stage.d.trial
    whole = stage.signals().value
    lost = tuple(replace(s, lost=True) for s in whole)
    stage.show["signals"] = Known(lost, stage.now + 3.0)
    stage.look(after=3.0)
    assert (before.seen, before.settled) == (stage.d.trial.seen, stage.d.trial.settled)
    assert before.at < stage.d.trial.at


def test_the_second_in_which_the_share_changed_is_left_out():
    stage = at_ten_percent()
    looks(stage, 20)
    exposed = stage.d.trial
    assert 1.0 <= exposed.exposed_at - stage.d.routed.at < 2.0


def test_a_paused_app_shows_nothing_of_its_release():
    stage = at_ten_percent()
    looks(stage, 10)
    stage.look(Verb.PAUSE_ALL)
    stage.look()
    seen = stage.d.trial.seen
    looks(stage, 5)
    assert seen == stage.d.trial.seen


def test_in_stabilize_nobody_is_left_to_compare_with():
    stage = a_stage("stabilize")
    trial = stage.d.trial
    looks(stage, 10)
    assert trial.exposed_at is not None
    assert trial is stage.d.trial


def test_all_steps_of_a_ramp_are_one_trial():
    stage = a_stage("bake", ramp=RAMP, bake=10.0)
    trial = stage.d.trial
    assert trial.at - trial.exposed_at > 8
    assert 0 < len(trial.strata) <= 4 or trial.settled == 0


def test_what_was_taken_is_told_with_where_the_trial_stood_before_and_after():
    stage = at_ten_percent()
    taken = [one for decision in looks(stage, 12) for one in decision.taken]
    assert [one.counts.at for one in taken] == sorted({one.counts.at for one in taken})
    assert all(one.after == step(one.before, one.counts, one.settings) for one in taken)
    assert (stage.d.trial, settings_of(stage.p)) == (taken[-1].after, taken[-1].settings)


def test_more_time_for_a_bake_that_is_under_way_is_no_more_stake():
    stage = at_ten_percent()
    looks(stage, 12)
    window = stage.d.trial.window
    assert settings_of(stage.p).window == window
    stage.p = replace(stage.p, bake=9 * stage.p.bake + 900.0)
    taken = [one for decision in looks(stage, 5) for one in decision.taken]
    assert {window} == {one.settings.window for one in taken} != {settings_of(stage.p).window}


def test_what_changes_nothing_was_not_taken():
    stage = at_ten_percent()
    looks(stage, 10)
    stage.look(Verb.PAUSE_ALL)
    assert [] == [one for decision in looks(stage, 5) for one in decision.taken]
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    stage.walk("restore", within=40)
    assert [] == [one for decision in looks(stage, 3) for one in decision.taken]


def test_a_boot_does_not_interrupt_the_trial_s_own_clock():
    stage = at_ten_percent()
    looks(stage, 12)
    before = stage.d.trial
    after = stage.d.rebase(replace(stage.world(), base="another boot", now=7.5)).trial
    assert (7, before.at + before.clock) == (after.at, after.at + after.clock)
    assert before.exposed_at + before.clock == after.exposed_at + after.clock


# --- what is counted ----------------------------------------------------------------------------------------------


def test_our_own_requests_are_no_evidence():
    mixed = Tally(12, errors=3, latency=(0, 8), own=4, own_failed=2)
    assert (8, 1, 8, 0) == (arm(mixed).requests, arm(mixed).errors, arm(mixed).slow[0], arm(mixed).slow[1])


@pytest.mark.parametrize("kind", ["timeouts", "unreached"])
def test_who_had_no_answer_failed_and_was_slower_than_any_bound(kind):
    found = arm(replace(Tally(10, latency=(0, 7)), **{kind: 3}))
    assert (10, 3, 3, 3, len(BINS)) == (
        found.requests,
        found.errors,
        found.slow[1],
        found.slow[-1],
        len(found.slow),
    )


def test_counts_that_cannot_be_true_break_nothing():
    absurd = arm(Tally(2, errors=9, own=5, own_failed=1, latency=(9, 9)))
    assert (0, 0, 0) == (absurd.requests, absurd.errors, absurd.slow[0])


def test_what_the_application_counts_as_failed_failed_though_the_answer_was_200():
    assert (10, 7) == ((found := arm(Tally(10, errors=3, failed_inside=4))).requests, found.errors)
    assert 10 == arm(Tally(10, errors=8, failed_inside=4)).errors


def test_outcomes_are_told_as_the_application_says_them_and_silence_is_no_zero():
    outcomes = [(arm(t).good, arm(t).bad) for t in (Tally(9, good=7, bad=1), Tally(9, good=7), Tally(9))]
    assert [(7, 1), (7, 0), (None, None)] == outcomes


def test_routes_and_what_was_sent_again_are_told_of_the_slots_that_are_judged():
    stage = at_ten_percent()
    looks(stage, 10)
    route = RouteTally("GET /items", PerSlot(90, 10), PerSlot(99, 2))
    sent = PerSlot(a_tally(20), a_tally(20, errors=3))
    second = replace(stage.signals().value[-1], routes=(route,), control=sent)
    counts = trials.counts_of(second, stage.d, 0.1)
    assert (Route("GET /items", 2, 90, 10, 90),) == counts.routes
    assert (0, 3, 20) == (
        counts.control.live.errors,
        counts.control.candidate.errors,
        counts.control.live.requests,
    )
    assert () == counts.control.live.slow == counts.control.candidate.slow
    before = trials.counts_of(
        replace(second, slots=PerSlot(a_tally(90), a_tally(0))), a_stage("validate").d, None
    )
    assert (Route("GET /items", 0, 90, 0, 90),) == before.routes


# --- what becomes of it -------------------------------------------------------------------------------------------


def test_a_release_that_is_worse_than_live_is_rolled_back_below_every_limit():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    stage.walk("restore", within=40)
    assert (Kind.REGRESSED, "cutover") == (trials.kind(stage.d, stage.p), stage.visited[-2])
    assert stage.d.cause.startswith("Green fails at least")
    assert "allowed 1.25x + 0.05 pp" in stage.d.cause


def test_the_sentence_says_what_was_counted_and_how_sure_it_is():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    notes = [note for decision in looks(stage, 40) for note in decision.notes]
    [turned] = [note for note in notes if note.sentence.startswith("restore: ")]
    assert "limit 100:1, reached" in turned.evidence
    assert "Mostly: errors" in turned.evidence


def test_a_release_that_fails_as_often_as_live_is_not():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.02, GREEN: 0.02}
    looks(stage, 60)
    assert ("cutover", None) == (stage.d.phase, stage.d.trial.decided)


def test_in_the_grace_a_cold_start_is_forgiven():
    stage = at_ten_percent(grace=60.0)
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    looks(stage, 40)
    stage.errors = {BLUE: 0.001, GREEN: 0.001}
    looks(stage, 60)
    assert ("cutover", 1) == (stage.d.phase, 1 if stage.d.trial.settled else 0)


@dataclass
class Slowly(Stage):
    """Latencies are spread over 40 ms, those of green after so many more."""

    longer: int = 0

    def tally(self, slot, at):
        told = super().tally(slot, at)
        later = self.longer if slot is GREEN else 0
        return replace(told, latency=(*[0] * (10 + later), *[told.requests // 40] * 40))


@dataclass
class Told(Stage):
    """Seconds in which more is told: what users got, and errors by route. Green declines `declined` of its orders."""

    declined: float = 0.1
    failing: int = 0

    def signals(self):
        return Known(tuple(map(self.more, super().signals().value)), self.now)

    def more(self, second):
        blue, green = second.slots.blue, second.slots.green
        said = [outcomes(blue, 0.1), outcomes(green, self.declined)]
        rest = RouteTally(
            "GET /items", PerSlot(blue.requests * 98 // 100, green.requests * 98 // 100), PerSlot(0, 0)
        )
        few = PerSlot(blue.requests // 50, green.requests // 50)
        orders = RouteTally("POST /orders", few, PerSlot(0, min(self.failing, few.green)))
        return replace(second, slots=PerSlot(*said), routes=(rest, orders))


def outcomes(tally, declined):
    bad = round(tally.requests * declined)
    return replace(tally, good=tally.requests - bad, bad=bad)


def told_more(**changes):
    first = a_stage("cutover", **HELD_BACK)
    return Told(
        **{field.name: getattr(first, field.name) for field in fields(Stage)} | {"rate": 5000} | changes
    )


@pytest.mark.parametrize(("declined", "phase"), [(0.10, "cutover"), (0.12, "restore")])
def test_an_approval_rate_that_falls_by_2_points_goes_back_though_every_answer_is_200(declined, phase):
    stage = told_more(declined=declined)
    for _ in range(150):
        stage.look()
        if stage.d.phase == "restore":
            found = trials.finding(stage.d.trial, stage.p)
            assert (Kind.REGRESSED, Metric.USERS) == (found.kind, found.regressed[0])
            assert stage.d.cause.startswith("Users fare worse in green: 12 % of their requests ended badly")
            break
    assert phase == stage.d.phase


def test_one_route_that_fails_goes_back_and_is_named():
    stage = told_more(failing=5)
    stage.walk("restore", within=80)
    assert "POST /orders" in stage.d.cause
    assert ["POST /orders"] == [one.name for one in trials.finding(stage.d.trial, stage.p).routes]


@dataclass
class SentAgain(Stage):
    """All users are in green, and 20 requests a second are sent to both again: `failing` of them fail in green."""

    failing: int = 0

    def signals(self):
        sent = PerSlot(a_tally(20), a_tally(20, errors=self.failing))
        return Known(tuple(replace(s, control=sent) for s in super().signals().value), self.now)


@pytest.mark.parametrize(("failing", "phase"), [(0, "bake"), (1, "restore")])
def test_with_all_traffic_moved_what_is_sent_to_both_again_is_compared(failing, phase):
    first = a_stage("bake", baseline=False, ramp=(Step(100, 0.0),), **LONG)
    stage = SentAgain(**{field.name: getattr(first, field.name) for field in fields(Stage)}, failing=failing)
    stage.errors = {GREEN: failing / 20}
    for _ in range(60):
        stage.look()
        if stage.d.phase == "restore":
            break
    assert phase == stage.d.phase
    told = " ".join(trials.told(stage.d, stage.p))
    assert " requests sent to both again, as all users are in one: " in told


@dataclass
class Busy(Slowly):
    """The same of slots whose latencies are spread: green has all users, and takes longer than blue, which is idle."""

    def signals(self):
        sent = PerSlot(*(replace(a_tally(80), latency=(*[0] * many, *[2] * 40)) for many in (10, 30)))
        return Known(tuple(replace(s, control=sent) for s in super().signals().value), self.now)


def test_a_slot_that_has_all_users_takes_longer_than_an_idle_one_and_is_no_worse_for_it():
    first = a_stage(baseline=False, ramp=(Step(100, 0.0),), **LONG)
    stage = Busy(**{field.name: getattr(first, field.name) for field in fields(Stage)})
    for _ in range(60):
        stage.look()
    assert ("bake", True) == (stage.d.phase, any(stage.d.trial.sent))
    assert stage.d.trial.pairs
    assert trials.finding(stage.d.trial, stage.p).ln_e <= 0.0


@pytest.mark.parametrize(("longer", "phase"), [(0, "cutover"), (10, "restore")])
def test_a_slow_release_is_found_without_any_limit(longer, phase):
    first = a_stage(**HELD_BACK)
    stage = Slowly(**{field.name: getattr(first, field.name) for field in fields(Stage)}, longer=longer)
    stage.rate = 4000
    for _ in range(60):
        stage.look()
        if stage.d.phase == "restore":
            assert Metric.LATENCY in trials.finding(stage.d.trial, stage.p).regressed
            assert "slower than blue" in stage.d.cause
            break
    assert phase == stage.d.phase


def test_what_sets_in_after_a_long_drain_is_found_in_the_bake():
    changes = {"drain": 300.0, "bake": 120.0, "max_error_rate": 0.5, "grace": 5.0}
    stage = a_stage("gate", gate=True, ramp=(Step(100, 0.0),), **changes)
    stage.rate, stage.errors = 1000, {BLUE: 0.002, GREEN: 0.002}
    looks(stage, 30)
    stage.in_flight[BLUE] = Known(1, T0)
    stage.walk("bake", within=400)
    assert stage.d.trial.settled > 200
    stage.errors = {GREEN: 0.03}
    stage.walk("restore", within=60)


def test_what_was_decided_stays_decided_whatever_is_seen_later():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    stage.walk("restore", within=40)
    d = replace(stage.d, phase="cutover")
    stage.errors = {}
    assert VerdictKind.BAD is judge(trials.go_on(d, stage.world(), stage.p), stage.world(), stage.p).kind


def test_what_was_decided_goes_back_first_also_where_live_fails_by_now():
    stage = at_ten_percent()
    stage.errors = {BLUE: 0.001, GREEN: 0.02}
    stage.walk("restore", within=40)
    d, w = replace(stage.d, phase="cutover"), stage.world()
    both = PerSlot(a_tally(100, errors=100), a_tally(100, errors=100, streak=100))
    after = tuple(Second(w.now - 5.0 + n, both) for n in range(5))
    assert VerdictKind.BAD is judge(d, replace(w, signals=Known(after, w.now)), stage.p).kind


def test_a_split_that_is_off_is_unknown_until_it_is_to_be_ignored():
    stage = at_ten_percent()
    looks(stage, 5)
    for _ in range(40):
        began = [stage.now - 30 + n for n in range(30)]
        tilted = tuple(Second(at, PerSlot(a_tally(4000), a_tally(1000))) for at in began)
        stage.show["signals"] = Known(tilted, stage.now)
        stage.look()
    verdict = judge(stage.d, stage.world(), stage.p)
    assert (VerdictKind.UNKNOWN, True) == (verdict.kind, "`judge.split: ignored`" in verdict.sentence)
    sticky = replace(stage.p, sticky=True)
    assert VerdictKind.GOOD is judge(stage.d, stage.world(), sticky).kind


def test_the_bake_is_left_on_what_was_found():
    stage = a_stage("bake", ramp=RAMP, grace=0.0)
    notes = [note for decision in looks(stage, 30) for note in decision.notes]
    [left] = [note for note in notes if note.sentence == "stabilize"]
    assert "No regression of green was found" in left.evidence or "no harm" in left.evidence


# --- proof --------------------------------------------------------------------------------------------------------


def test_a_bake_may_end_as_soon_as_it_is_proven_that_there_is_no_harm():
    def baked(**changes):
        stage = a_stage("bake", **{**HELD_BACK, "ramp": (Step(50, 30.0), Step(90, 0.0)), **changes})
        stage.rate, stage.errors = 5000, {BLUE: 0.002, GREEN: 0.002}
        looks(stage, 60)
        return stage.visited

    assert "stabilize" not in baked()
    assert "stabilize" in baked(early=True)


def test_no_proof_ends_the_bake_while_nobody_can_say_how_it_goes():
    stage = a_stage(
        "bake", **{**HELD_BACK, "ramp": (Step(50, 30.0), Step(90, 0.0)), "early": True, "bake": 900.0}
    )
    stage.rate, stage.errors = 5000, {BLUE: 0.002, GREEN: 0.002}
    stage.show["outcomes"] = PerSlot(Unknown("it answered 503"), Unknown("it answered 503"))
    looks(stage, 60)
    assert (True, "bake") == (waits.proven(stage.d, stage.p), stage.d.phase)
    stage.show["outcomes"] = None
    looks(stage, 2)
    assert "stabilize" == stage.d.phase


def test_a_bake_that_needs_a_proof_waits_for_it_or_for_a_person():
    stage = a_stage("bake", require_proof=True, bake=5.0, ramp=(Step(90, 0.0),), holdback=10)
    stage.rate = 10
    looks(stage, 30)
    assert ("bake", True) == (stage.d.phase, stage.heard[-1].startswith("a proof that green does no harm"))
    stage.look(Verb.PROMOTE)
    assert "stabilize" == stage.look().deployment.phase


# --- another clock, another policy ----------------------------------------------------------------------------------


def test_a_boot_keeps_the_evidence_and_counts_nothing_twice():
    stage = at_ten_percent()
    looks(stage, 20)
    before = stage.d.trial
    stage.now, stage.base = 50.0, "boot-2"
    stage.past.clear()
    after = stage.d.rebase(stage.world()).trial
    assert (50, before.at - before.exposed_at) == (after.at, after.at - after.exposed_at)
    assert (before.error, before.seen, before.settled) == (after.error, after.seen, after.settled)
    looks(stage, 1)
    assert before.seen == stage.d.trial.seen


def test_what_the_judge_knows_is_no_difference_between_two_deployments():
    d = a_stage("cutover").d
    assert not d.differs(replace(d, trial=None))


def test_a_policy_s_words_are_the_judge_s():
    s = settings_of(replace(at_ten_percent().p, alpha=0.05, baseline=False, slower=0.2))
    assert (0.05, False, 0.2, 5) == (s.alpha, s.baseline, s.slow_body, s.grace)
    assert 200 + 200 + 1000 == s.window
