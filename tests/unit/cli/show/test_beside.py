"""What a plan says of the comparison once a release has all traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.show.plans import BARE, BUSY, with_holdback
from tests.unit.core.worlds import a_deployment, a_stage
from verdigris.cli.show.noticing import traffic_of
from verdigris.cli.show.plan import planned
from verdigris.core.world import Known, PerSlot, Tally
from verdigris.ports import Snapshot


def blind(settings, *traffic):
    return planned(settings, a_deployment("succeeded"), *traffic).blind


def test_when_all_moves_at_once_it_says_what_that_cannot_show():
    assert any(
        "up to 2 times the failures of before are not told from a bad hour" in text for text in blind(BARE)
    )
    unguarded = replace(BARE, policy=replace(BARE.policy, baseline=False))
    assert any("only the limits of `bake` are looked at" in text for text in blind(unguarded))
    assert not any("a bad hour" in text for text in blind(with_holdback()))


def test_what_is_replayed_is_said_with_what_it_leaves_out():
    settings = replace(BARE, policy=replace(BARE.policy, replay=5))
    plan = planned(settings, a_deployment("succeeded"))
    assert "up to 5 GETs of users a second go to green and blue once more" in dict(plan.steps)["bake"]
    assert any("GET and HEAD read without a login and a query" in text for text in plan.blind)
    assert not any("slow hour" in text for text in plan.blind)
    assert any("slowness is not looked at" in text for text in plan.blind)


def test_what_would_be_found_rests_on_what_is_replayed():
    settings = replace(BARE, policy=replace(BARE.policy, replay=50, bake=900.0))
    found = planned(settings, a_deployment("succeeded"), BUSY).finds
    assert "in the 1,000/s that were seen last and 50/s replayed, if all of those can be compared" in found


@pytest.mark.parametrize(
    ("replayed", "compared", "said"),
    [
        (0, 0, None),
        (60, 60, None),
        (60, 0, "none of the 60 requests that were replayed last could be compared"),
        (60, 12, "12 of the 60 requests that were replayed last could be compared"),
    ],
)
def test_it_says_when_replaying_shows_nothing(replayed, compared, said):
    settings = replace(BARE, policy=replace(BARE.policy, replay=50, bake=900.0))
    found = [
        text
        for text in blind(settings, replace(BUSY, replayed=replayed, compared=compared))
        if "replayed last" in text
    ]
    assert [said] == [text[: len(said)] for text in found] if said else [] == found


def test_how_much_of_it_could_be_compared_is_seen_in_the_last_look():
    stage = a_stage("bake", replay=5)
    world = stage.world()
    first, *rest = world.signals.value
    first = replace(first, control=PerSlot(Tally(3, asked=2), Tally(3, 1, asked=2)))
    seen = Snapshot(0.0, stage.d, stage.p, replace(world, signals=Known((first, *rest), 1.0)), "", None)
    assert (5, 3) == (traffic_of(seen).replayed, traffic_of(seen).compared)
