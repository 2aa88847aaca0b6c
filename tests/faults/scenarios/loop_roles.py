"""Who is told that it is live: words get lost, are changed by hand, or nobody is there to say them."""

from __future__ import annotations

from tests.faults.drama import BLUE, GREEN, Drama
from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from verdigris.core.roles import UNLIVE_FOR
from verdigris.core.world import Role, Verb

row = tried_by("loop")

LATE = int(UNLIVE_FOR) + 3
"""Rounds of a second: the time for which nobody is live, and a look before and after."""


def roles(drama: Drama) -> tuple[Role, Role]:
    return drama.host.places[BLUE].role, drama.host.places[GREEN].role


SWITCHED = (Role.RETAINED, Role.LIVE)


@row("F-121")
def a_word_is_changed_by_hand_so_that_both_are_live(ground: Ground) -> None:
    drama = Drama().walk("stabilize")
    drama.until(lambda: roles(drama) == SWITCHED, "the roles after the switch")
    drama.host.tell(BLUE, Role.LIVE)
    drama.play()
    assert SWITCHED == roles(drama)
    assert "succeeded" == drama.end()


@row("F-121")
def the_word_to_who_was_live_gets_lost(ground: Ground) -> None:
    """Said and not done, done and not heard, or never said: the other one is not told before it is seen."""
    for fate in ("dark", "deaf", "lost"):
        drama = Drama().walk("cutover")
        setattr(drama.script, fate, frozenset({"tell"}))
        drama.until(lambda drama=drama: drama.weights.green == 100, "the switch")
        drama.play(LATE)
        assert roles(drama).count(Role.LIVE) <= 1
        setattr(drama.script, fate, frozenset())
        drama.until(lambda drama=drama: roles(drama) == SWITCHED, "the roles after the switch", 3 * LATE)
        assert "succeeded" == drama.end()


@row("F-122")
def nobody_is_live_any_more(ground: Ground) -> None:
    """As after a boot, or where somebody took the files away."""
    drama = Drama().walk("stabilize")
    drama.until(lambda: roles(drama) == SWITCHED, "the roles after the switch")
    drama.host.tell(GREEN, Role.CANDIDATE)
    drama.until(lambda: roles(drama) == SWITCHED, "somebody live again", LATE)
    assert "succeeded" == drama.end()


@row("F-123")
def nobody_can_be_told_anything(ground: Ground) -> None:
    """Traffic does not wait for it, forward or backward; the roles follow when there is room."""
    drama = Drama().walk("provision")
    drama.script.dark = frozenset({"tell"})
    drama.until(lambda: drama.d.phase == "stabilize", "the switch")
    assert 100 == drama.weights.green
    assert Role.LIVE is not roles(drama)[1]
    drama.ask(Verb.ROLLBACK)
    drama.until(lambda: drama.weights.blue == 100, "the way back", 5)
    drama.script.dark = frozenset()
    drama.until(lambda: roles(drama)[0] is Role.LIVE, "the one with the traffic to be live", LATE)
    assert Role.LIVE is not roles(drama)[1]


@row("F-124")
def somebody_rolls_back_while_the_controller_is_dead(ground: Ground) -> None:
    drama = Drama().walk("stabilize")
    drama.until(lambda: roles(drama) == SWITCHED, "the roles after the switch")
    drama.person.roll_back_directly()
    assert 100 == drama.weights.blue
    for _ in range(LATE):
        drama.host.advance(1.0)
        assert SWITCHED == roles(drama)
    while roles(drama)[0] is not Role.LIVE:
        assert len(drama.told) < 300, drama.way
        drama.play()
        assert roles(drama).count(Role.LIVE) <= 1
    assert "rolled_back" == drama.end()
