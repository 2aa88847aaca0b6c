"""What a source says of users, put into the seconds that are judged: where it belongs, and nowhere else."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.worlds import BLUE, GREEN, T0, a_stage, a_tally
from verdigris.core.judging.settings import Metric
from verdigris.core.outcomes import Came, Outcomes, Poll, checked, unheard, with_outcomes
from verdigris.core.policy import OnUnknown, Step
from verdigris.core.world import Known, PerSlot, Second, Unknown

FRESH = PerSlot(Known("", T0), Known("", T0))


def seconds(*at, **changes):
    tally = a_tally(10, **changes)
    return Known(tuple(Second(float(one), PerSlot(tally, tally)) for one in at), T0)


def polls(*rows):
    return Outcomes(
        tuple(Poll(at, PerSlot(Came(*blue), Came(*green))) for at, blue, green in rows), FRESH, True
    )


def said(seen):
    return [
        (s.at, s.slots[BLUE].good, s.slots[BLUE].bad, s.slots[GREEN].good, s.slots[GREEN].bad)
        for s in seen.value
    ]


def test_a_poll_stands_in_the_second_in_which_its_answer_came_and_the_others_say_nothing():
    found = with_outcomes(seconds(1, 2, 3), polls((2, (9, 1), (5, 0))))
    nobody = (None, None, None, None)
    assert [(1.0, *nobody), (2.0, 9, 1, 5, 0), (3.0, *nobody)] == said(found)


def test_without_a_source_what_the_application_says_stays():
    seen = seconds(1, good=7, bad=0)
    assert seen is with_outcomes(seen, None)


def test_a_configured_source_is_asked_instead_of_the_application():
    """The sum of both would count the same request twice."""
    found = with_outcomes(seconds(1, 2, good=7, bad=0), polls((2, (9, 1), (5, 0))))
    assert [(1.0, None, None, None, None), (2.0, 9, 1, 5, 0)] == said(found)


def test_seconds_that_nothing_is_said_of_are_the_very_same():
    seen = seconds(1, 2)
    assert all(a is b for a, b in zip(seen.value, with_outcomes(seen, polls()).value, strict=True))


def test_where_there_are_no_seconds_nothing_can_be_told():
    assert Unknown("cut") == with_outcomes(Unknown("cut"), polls((2, (9, 1), (5, 0))))


def test_one_slot_may_be_told_alone():
    alone = Outcomes((Poll(2, PerSlot(Came(9, 1), None)),), FRESH, True)
    assert [(2.0, 9, 1, None, None)] == said(with_outcomes(seconds(2), alone))


COUNTS = st.tuples(st.integers(0, 100), st.integers(0, 9))


@given(
    st.lists(st.tuples(st.integers(0, 20), COUNTS, COUNTS), unique_by=lambda row: row[0]), st.integers(0, 20)
)
def test_every_outcome_is_told_once_and_requests_stay_what_they_were(rows, begins):
    before = seconds(*range(begins, 21))
    found = with_outcomes(before, polls(*rows)).value
    expected = sum(blue[0] for at, blue, _ in rows if at >= begins)
    assert expected == sum(s.slots[BLUE].good or 0 for s in found)
    assert [s.slots[GREEN].requests for s in before.value] == [s.slots[GREEN].requests for s in found]


# --- how old it is --------------------------------------------------------------------------------------------


def test_a_slot_that_was_counted_lately_is_heard():
    assert "" == unheard(FRESH, BLUE, T0 + 30.0, 30.0)


def test_a_slot_that_was_not_is_told_with_what_is_in_the_way():
    old = PerSlot(Known("it answered 503", T0), Known("", T0))
    assert "it answered 503" == unheard(old, BLUE, T0 + 30.1, 30.0)
    assert "it was not asked for longer than signals.stale_after" == unheard(old, GREEN, T0 + 30.1, 30.0)


def test_the_checklist_waits_for_the_first_answer():
    assert isinstance(checked(Outcomes(), BLUE, T0, 30.0), Unknown)


def test_a_source_that_never_counted_the_slot_that_serves_fails_the_checklist():
    never = Outcomes((), PerSlot(Unknown("the query returned nothing"), FRESH.green), asked=True)
    line = checked(never, BLUE, T0, 30.0).value
    assert (False, "nobody counts what users get: the query returned nothing") == (line.passed, line.sentence)
    assert checked(never, GREEN, T0, 30.0).value.passed, "what is not there yet is not asked for"


# --- through to the verdict -----------------------------------------------------------------------------------


def at_half(**changes):
    """Half of 200 requests a second for two hundred seconds, every one of them answered well."""
    changes = {"ramp": (Step(50, 200.0), Step(100, 0.0)), "grace": 5.0, "bake": 300.0, **changes}
    stage = a_stage("validate", **changes)
    stage.rate = 200
    return stage


def looks(stage, many, green, every=1):
    """Looks, with a poll every so many seconds: of a hundred orders a second blue declines one."""
    for _ in range(many):
        stage.now += 1.0
        seen = stage.signals()
        rows = [(int(s.at), (99 * every, every), green) for s in seen.value if int(s.at) % every == 0]
        fresh = PerSlot(Known("", stage.now), Known("", stage.now))
        stage.show |= {"signals": with_outcomes(seen, polls(*rows)), "outcomes": fresh}
        stage.look(after=0.0)


def test_an_approval_rate_that_falls_is_rolled_back_though_every_answer_is_well():
    stage = at_half()
    looks(stage, 20, (99, 1))
    looks(stage, 120, (94, 6))
    assert "restore" in stage.visited
    trial = stage.d.trial
    assert Metric.USERS is max(zip(trial.decided.ln_es, [m for m, _ in trial.weights], strict=True))[1]


def test_polls_further_apart_find_the_same_a_little_later():
    stage = at_half()
    looks(stage, 20, (495, 5), every=5)
    looks(stage, 190, (470, 30), every=5)
    assert "restore" in stage.visited


def test_the_same_rate_in_both_is_no_regression():
    stage = at_half()
    looks(stage, 200, (99, 1))
    assert "restore" not in stage.visited


def test_while_nobody_counts_promotion_freezes_and_a_person_is_called():
    stage = at_half()
    looks(stage, 40, (99, 1))
    step, good = stage.d.step, stage.d.lasted("good")
    stage.show["outcomes"] = PerSlot(Known("it answered 503", stage.now - 31.0), Known("", stage.now + 60.0))
    stage.show.pop("signals")
    told = [note for _ in range(60) for note in stage.look().notes]
    assert (step, good) == (stage.d.step, stage.d.lasted("good"))
    assert "a verdict: nobody counts what users get in blue: it answered 503" in stage.heard[-1]
    assert any("blue: it answered 503" in note.sentence for note in told if note.kind == "alert")


def test_after_a_long_time_the_configured_answer_is_given():
    stage = at_half(after_cutover=OnUnknown.ROLLBACK, unknown_for=60.0)
    looks(stage, 40, (99, 1))
    stage.show["outcomes"] = PerSlot(Known("it answered 503", stage.now - 31.0), Known("", stage.now))
    stage.show.pop("signals")
    for _ in range(65):
        stage.look()
    assert "restore" in stage.visited


def test_nothing_accrues_while_nobody_counts():
    stage = at_half()
    looks(stage, 40, (99, 1))
    before = stage.d.trial.user
    stage.show.pop("signals")
    for _ in range(20):
        stage.look()
    assert before == stage.d.trial.user
    assert stage.d.trial.at > T0 + 20
