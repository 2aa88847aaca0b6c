"""What can be said of the world, and where "not yet" is kept apart from "cannot see"."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEW,
    NEXT,
    OLD,
    T0,
    UNSEEN,
    a_deployment,
    a_policy,
    a_routing,
    a_slot,
    a_stage,
    an_instance,
    empty,
    routed,
)
from verdigris.core.conditions import (
    able,
    answers,
    confirmed,
    foreign,
    paused,
    proper,
    quiet,
    ready,
    sound,
    unhealthy,
    unready,
    validated,
)
from verdigris.core.deployment import Lasted
from verdigris.core.world import Answer, Cohort, Health, Known, Pause, PerSlot, SlotWorld, Unknown, Weights

P = a_policy()


def scene(**slots):
    stage = a_stage()
    stage.slots = {BLUE: slots.get("blue", a_slot(BLUE, OLD)), GREEN: slots.get("green", a_slot(GREEN, NEW))}
    return stage


# --- instances ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "is_proper"),
    [
        ({}, True),
        ({"owns_port": None}, True),
        ({"owns_port": False}, False),
        ({"alive": False}, False),
        ({"broken": True}, False),
        ({"digest": NEXT.digest}, False),
    ],
)
def test_an_instance_is_proper(changes, is_proper):
    assert is_proper == proper(an_instance(GREEN, NEW, **changes), NEW)


@pytest.mark.parametrize(
    ("health", "is_sound", "is_validated"),
    [
        (Known(Health(3, 0), T0), True, True),
        (Known(Health(2, 0), T0), True, False),
        (Known(Health(0, 1), T0), True, False),
        (Known(Health(0, 2), T0), False, False),
        (Known(Health(9, 0), T0 - 21.0), False, False),
        (Unknown("not probed yet"), False, False),
    ],
)
def test_an_instance_is_sound_or_even_validated(health, is_sound, is_validated):
    instance, world = an_instance(GREEN, NEW, health=health), replace(a_stage().world(), now=T0)
    assert (is_sound, is_validated) == (sound(instance, world, P), validated(instance, world, P))


def test_ready_needs_every_instance_and_able_needs_one():
    half = Known(
        SlotWorld(NEW.digest, "2.0", (an_instance(GREEN, NEW), an_instance(GREEN, NEW, 2, alive=False))), T0
    )
    for seen, is_ready, is_able in (
        (a_slot(GREEN, NEW), True, True),
        (half, False, True),
        (empty(), False, False),
    ):
        world = scene(green=seen).world()
        assert (is_ready, is_able) == (ready(GREEN, NEW, world, P), able(GREEN, NEW, world, P))


@pytest.mark.parametrize("ask", [ready, able])
def test_what_is_unknown_or_expected_by_nobody_is_not_ready(ask):
    assert not ask(GREEN, NEW, scene(green=UNSEEN).world(), P)
    assert not ask(GREEN, None, scene().world(), P)


def test_why_instances_are_not_up():
    assert None is unready(GREEN, NEW, scene().world(), P)
    missing = unready(GREEN, NEW, scene(green=a_slot(GREEN, NEW, 1)).world(), P)
    assert ("1 of 2 instances of 2.0 in green to come up", False) == (missing.sentence, missing.unknown)
    blind = unready(GREEN, NEW, scene(green=UNSEEN).world(), P)
    assert ("a look at green: it does not answer", True) == (blind.sentence, blind.unknown)


@pytest.mark.parametrize(
    ("health", "sentence"),
    [
        (Known(Health(1, 0), T0), "green-1: 3 healthy answers in a row, 1 so far"),
        (Known(Health(0, 4, "503"), T0), "green-1: a healthy answer, 4 probes in a row failed: 503"),
        (Unknown("nothing listens"), "green-1: its first probe (nothing listens)"),
    ],
)  # fmt: skip
def test_why_instances_have_not_passed_the_gate(health, sentence):
    bodies = (an_instance(GREEN, NEW, health=health), an_instance(GREEN, NEW, 2))
    world = scene(green=Known(SlotWorld(NEW.digest, "2.0", bodies), T0)).world()
    assert sentence == unhealthy(GREEN, NEW, world, P).sentence


# --- the router -----------------------------------------------------------------------------------------------


def switched(**changes):
    """2.0 in green has all traffic by the router's own answer, and the front door agrees."""
    stage = scene()
    stage.routing, stage.generation = a_routing(Weights(0, 100)), 7
    for name, value in changes.items():
        setattr(stage, name, value)
    return stage, a_deployment("cutover", routed=routed(a_routing(Weights(0, 100)), at=T0 - 5.0))


def test_a_switch_is_confirmed_when_router_and_front_door_agree():
    stage, d = switched()
    assert None is confirmed(d, Weights(0, 100), stage.world(), P)


FRONT = {
    "an answer of the other slot": (Known(Answer(BLUE, "1.0", True, ""), T0), False, "1.0 in blue did"),
    "an answer of another release": (Known(Answer(GREEN, "1.9", True, ""), T0), False, "1.9 in green did"),
    "an answer from before": (
        Known(Answer(GREEN, "2.0", True, ""), T0 - 9.0),
        False,
        "newer than the switch",
    ),
    "an answer without proof": (
        Known(Answer(None, None, True, "no header"), T0),
        True,
        "proof of what answered",
    ),
    "no answer": (
        Unknown("connection refused"),
        True,
        "an answer through the front door: connection refused",
    ),
}


@pytest.mark.parametrize(("front", "unknown", "sentence"), FRONT.values(), ids=FRONT.keys())
def test_a_switch_is_not_confirmed_by(front, unknown, sentence):
    stage, d = switched()
    stage.show["front"] = front
    waiting = confirmed(d, Weights(0, 100), stage.world(), P)
    assert unknown == waiting.unknown
    assert sentence in waiting.sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"routing": a_routing(Weights(50, 50))}, "to say blue 0 % green 100 %, it says blue 50 % green 50 %"),
        ({"fell_back": BLUE}, "the router to say blue 0 % green 100 %, it says"),
        ({"generation": 6}, "the router to bear generation 7, it bears 6"),
    ],
)  # fmt: skip
def test_a_switch_is_what_the_router_says_and_not_what_it_was_told(changes, sentence):
    stage, d = switched(**changes)
    assert sentence in confirmed(d, Weights(0, 100), stage.world(), P).sentence


def test_a_router_that_cannot_be_read_confirms_nothing():
    stage, d = switched()
    stage.show["reading"] = UNSEEN
    assert confirmed(d, Weights(0, 100), stage.world(), P).unknown


def test_while_both_have_weight_each_is_asked_by_name():
    stage, d = switched(routing=a_routing(Weights(90, 10)))
    assert None is confirmed(d, Weights(90, 10), stage.world(), P)
    stage.show["preview"] = PerSlot(Unknown("no answer"), Known(Answer(GREEN, "2.0", True, ""), T0))
    assert "no answer" in confirmed(d, Weights(90, 10), stage.world(), P).sentence


def test_the_preview_has_to_pass_as_well():
    stage, _ = switched()
    assert None is answers(GREEN, NEW, stage.world(), P)
    stage.show["preview"] = PerSlot(UNSEEN, Known(Answer(GREEN, "2.0", False, "503 from /health"), T0))
    waiting = answers(GREEN, NEW, stage.world(), P)
    assert "a healthy answer through the preview: 503 from /health" == waiting.sentence


# --- quiet ----------------------------------------------------------------------------------------------------


def idle(seconds):
    return a_deployment(evidence=(Lasted("green without weight", seconds, T0),))


@pytest.mark.parametrize(
    ("spent", "count", "is_quiet"),
    [
        (1.0, Known(0, T0), True),
        (0.0, Known(0, T0), False),
        (1.0, Known(2, T0), False),
        (1.0, UNSEEN, False),
        (5.0, Known(2, T0), True),
        (5.0, UNSEEN, True),
    ],
)
def test_a_slot_is_quiet_when_it_is_seen_empty_or_had_its_time(spent, count, is_quiet):
    stage = a_stage()
    stage.in_flight[GREEN] = count
    assert is_quiet == (quiet(idle(spent), GREEN, stage.world(), P) is None)


# --- foreign --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "generation", "sentence"),
    [
        (Weights(0, 100), 7, ""),
        (Weights(50, 50), 6, ""),
        (Weights(50, 50), None, "changed by hand: it says blue 50 % green 50 %, ours is blue 0 % green 100 %"),
        (Weights(50, 50), 7, "under our stamp: it says weights blue 50 % green 50 %, ours blue 0 % green 100 %"),
        (Weights(0, 100), None, "changed by hand: it says blue 0 % green 100 %, ours is blue 0 % green 100 %"),
        (Weights(0, 100), 8, "bears generation 8 while ours is 7"),
    ],
)  # fmt: skip
def test_what_is_foreign_and_what_is_an_old_state_of_ours(weights, generation, sentence):
    stage, d = switched(routing=a_routing(weights), generation=generation)
    found = foreign(d, stage.world())
    assert sentence in found
    assert bool(sentence) == bool(found)


def test_what_we_were_told_to_replace_is_not_foreign_any_more():
    stage, d = switched(routing=a_routing(Weights(50, 50)), generation=None)
    assert "" == foreign(replace(d, disowned=stage.routing), stage.world())


def test_nothing_foreign_is_seen_in_a_router_that_cannot_be_read():
    stage, d = switched()
    stage.show["reading"] = UNSEEN
    assert "" == foreign(d, stage.world())


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pause": Pause.ALL}, "it says pause all, ours none"),
        ({"cohort": Cohort("d-9", GREEN)}, "it says cohort of d-9 for green, ours none"),
    ],
)
def test_a_pause_and_a_cohort_that_somebody_else_chose_are_foreign_until_we_are_told_to_replace_them(
    changes, sentence
):
    stage = scene()
    ours = a_routing(Weights(100, 0))
    stage.routing, stage.generation = replace(ours, **changes), 7
    d = a_deployment("bake", routed=routed(ours))
    for stage.generation in (7, None):
        assert sentence in foreign(d, stage.world())
    assert "" == foreign(replace(d, disowned=stage.routing), stage.world())


@pytest.mark.parametrize(
    ("told", "said", "holds"),
    [
        (Pause.NONE, Pause.ALL, True),
        (Pause.ALL, Pause.NONE, False),
        (Pause.ALL, None, True),
        (Pause.NONE, None, False),
    ],
)
def test_an_app_is_paused_when_the_router_says_so_and_as_it_was_told_when_nobody_can_ask(told, said, holds):
    stage = scene()
    if said is None:
        stage.show["reading"] = UNSEEN
    else:
        stage.routing = replace(stage.routing, pause=said)
    assert holds is paused(a_deployment("bake", pause=told), stage.world())
