"""Instances do not come up, are other ones, die before and after the switch, in one slot or in both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tests.faults.drama import BLUE, GREEN, POLICY, RAMP, Drama, said
from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from verdigris.core.world import Verb
from verdigris.testing.host import Body, Nature, Place

row = tried_by("loop")

RAMPED = replace(POLICY, ramp=RAMP)


# --- before the switch ----------------------------------------------------------------------------------------


@row("F-39")
def a_candidate_that_never_comes_up_or_dies_half_way(ground: Ground) -> None:
    for nature in (
        Nature(never_up=True),
        Nature(up_after=1e6),
        Nature(healthy=False),
        Nature(up_after=3.0, dies_after=0.0),
    ):
        drama = Drama()
        drama.ship(nature)
        drama.host.dying = nature.dies_after is not None
        drama.play(5)
        drama.host.dying = False
        assert 100 == drama.weights.blue
        if nature.dies_after is None:
            assert "aborted" == drama.end()
            assert ([], 2) == (drama.host.places[GREEN].bodies, drama.alive(BLUE))


@row("F-40")
def another_release_comes_up_than_was_asked_for(ground: Ground) -> None:
    drama = Drama().walk("provision")
    for body in drama.host.places[GREEN].bodies:
        body.posing, body.posing_until = "another", float("inf")
    drama.play(90)
    assert 100 == drama.weights.blue
    assert "aborted" == drama.end()


@row("F-46")
def a_tear_down_that_is_lost_or_only_its_answer(ground: Ground) -> None:
    for fate in ("dark", "lost", "deaf"):
        drama = Drama().walk("stabilize")
        setattr(drama.script, fate, frozenset({"tear_down"}))
        drama.until(lambda drama=drama: drama.d.phase == "decommission", "the tear-down")
        drama.play(5)
        assert (100, 2) == (drama.weights.green, drama.alive(GREEN))
        setattr(drama.script, fate, frozenset())
        assert "succeeded" == drama.end()
        assert [] == drama.host.places[BLUE].bodies


@row("F-57")
def health_that_comes_and_goes(ground: Ground) -> None:
    """Never three in a row: no weight, and in the end it is given up."""
    drama = Drama()
    drama.host.age = partial(flaps, drama, drama.host.age)
    drama.ship(Nature())
    for _ in range(90):
        drama.play()
        assert 100 == drama.weights.blue
    assert "aborted" == drama.end()
    assert said("validate took longer than", [drama.d.cause]), drama.d.cause


def flaps(drama: Drama, age: Callable[[Body, float], None], body: Body, step: float) -> None:
    """A second well, a second not, in green."""
    age(body, step)
    if body in drama.host.places[GREEN].bodies:
        body.passes, body.failures = (1, 0) if int(drama.host.now) % 2 else (0, 1)


@row("F-58")
def it_is_healthy_and_fails_what_it_is_asked(ground: Ground) -> None:
    drama = Drama(RAMPED)
    drama.ship(Nature(error_rate=0.5))
    assert "rolled_back" == drama.end()
    assert said("fails 50.0% of its requests", [drama.d.cause]), drama.d.cause


@row("F-61")
def it_is_validated_while_the_old_one_serves(ground: Ground) -> None:
    drama = Drama()
    drama.ship(Nature(up_after=4.0))
    drama.until(lambda: drama.d.phase == "validate", "validate")
    while drama.d.phase == "validate":
        assert (100, 2) == (drama.weights.blue, drama.alive(BLUE))
        drama.play()
    assert "succeeded" == drama.end()


# --- after the switch -----------------------------------------------------------------------------------------


@row("F-69")
def it_dies_right_after_the_switch(ground: Ground) -> None:
    drama = Drama().walk("cutover")
    drama.play()
    drama.ruin(GREEN)
    drama.play(2)
    assert (100, True) == (drama.weights.blue, drama.d.phase in ("restore", "settle")), drama.way
    assert "rolled_back" == drama.end()


@row("F-70")
def it_dies_when_stabilize_is_nearly_over(ground: Ground) -> None:
    drama = Drama().walk("stabilize")
    drama.until(lambda: drama.d.lasted("good") > POLICY.stabilize - 2, "nearly all of it")
    drama.ruin(GREEN)
    drama.play(3)
    assert 100 == drama.weights.blue
    assert "rolled_back" == drama.end()


@row("F-71")
def the_old_slot_dies_before_it_is_needed(ground: Ground) -> None:
    """It cannot serve, so a bad candidate keeps the traffic, aloud; as soon as it can, traffic goes back."""
    drama = Drama().walk("bake")
    drama.ruin(BLUE)
    sound = drama.d.release.digest
    drama.host.natures[sound] = replace(drama.host.natures[sound], error_rate=0.5)
    drama.play(20)
    assert (100, "bake") == (drama.weights.green, drama.d.phase), drama.way
    assert said("cannot serve: traffic stays where it is", drama.alerts)
    assert drama.d.previous
    drama.host.natures[drama.d.previous.digest] = Nature()
    drama.until(lambda: drama.weights.blue == 100, "the way back", 60)
    assert "rolled_back" == drama.end()


@row("F-72")
def both_slots_are_dead(ground: Ground) -> None:
    """Nobody is sent to and fro between two dead slots. The one that comes first serves."""
    for first in (BLUE, GREEN):
        drama = Drama().walk("bake")
        release = {BLUE: drama.d.previous, GREEN: drama.d.release}[first]
        before = drama.host.routing.weights
        drama.ruin(BLUE)
        drama.ruin(GREEN)
        drama.play(20)
        assert before == drama.host.routing.weights == drama.weights
        assert said("traffic stays where it is", drama.alerts)
        assert release
        drama.host.natures[release.digest] = Nature()
        drama.until(lambda drama=drama, first=first: drama.host.up(first), "somebody to come up", 60)
        drama.play(3)
        assert 100 == drama.weights[first], first


@row("F-73")
def the_old_release_does_worse_after_the_rollback(ground: Ground) -> None:
    drama = Drama().walk("bake")
    assert drama.d.previous
    for release in (drama.d.release, drama.d.previous):
        kept = drama.host.natures[release.digest]
        drama.host.natures[release.digest] = replace(kept, error_rate=0.5)
        drama.until(lambda drama=drama: drama.d.phase in ("restore", "settle", "discard"), "the way back")
    drama.play(100)
    assert "rolled_back" == drama.d.phase
    assert 1 == sum(now.startswith("restore") for now in drama.way), drama.way
    assert 100 == drama.weights.blue


@row("F-48")
def somebody_removes_a_slot_by_hand(ground: Ground) -> None:
    drama = Drama().walk("bake")
    drama.host.places[GREEN] = Place()
    drama.play(3)
    assert 100 == drama.weights.blue
    assert "rolled_back" == drama.end()
    drama = Drama().walk("bake")
    drama.host.places[BLUE] = Place()
    drama.play(3)
    assert (100, 2) == (drama.weights.green, drama.alive(BLUE))
    assert "succeeded" == drama.end()


# --- who was first --------------------------------------------------------------------------------------------


@row("F-47")
def a_rollback_in_the_moment_in_which_the_old_slots_time_is_over(ground: Ground) -> None:
    drama = Drama().walk("stabilize")
    drama.until(lambda: drama.d.lasted("good") >= POLICY.stabilize - 1, "its last second")
    asked = drama.ask(Verb.ROLLBACK)
    drama.play()
    assert (True, "restore") == (drama.answer(asked)[0], drama.d.phase), drama.way
    assert "rolled_back" == drama.end()


@row("F-47")
def a_rollback_a_moment_later(ground: Ground) -> None:
    drama = Drama().walk("decommission")
    asked = drama.ask(Verb.ROLLBACK)
    drama.play()
    accepted, sentence = drama.answer(asked)
    assert (False, True) == (accepted, said("is torn down, there is no slot to go back to", [sentence]))
    assert (100, "succeeded") == (drama.weights.green, drama.end())
