"""Where a deployment is on its road, and what can be typed there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.house import FakeHouse, Nature
from tests.unit.core.worlds import a_deployment, a_first_deployment, a_policy
from verdigris.cli.show.road import Mark, Meter, Stop, forward_road, meter, next_commands, road, way_back
from verdigris.core.lifecycle import FORWARD
from verdigris.core.world import Unknown
from verdigris.ports import Snapshot

POLICY = a_policy()


def a_snapshot(phase: str, **changes) -> Snapshot:
    """2.0 beside 1.0, in this phase. The world is that of 1.0 alone: no command depends on more of it."""
    s = FakeHouse().ship("1.0")
    router = replace(s.world.router, reading=Unknown("not looked at"))
    d = a_deployment(phase, **{"moved": phase not in ("preflight", "provision", "gate", "abort"), **changes})
    return replace(s, deployment=d, policy=POLICY, verdict=None, world=replace(s.world, router=router))


def typed(s: Snapshot) -> list[str]:
    return [command.removeprefix("verdigris ") for command, _ in next_commands(s)]


def test_the_road_is_that_of_the_table_without_what_is_not_configured():
    whole = [row.name for row in FORWARD]
    ours = forward_road(a_deployment(), POLICY)
    assert [name for name in whole if name in ours] == list(ours)
    assert not {"gate", "rehearse", "expand", "contract"} & set(ours)


def test_at_the_end_all_is_behind():
    assert {Mark.DONE} == {stop.mark for stop in road(a_deployment("succeeded"), POLICY)}


def test_a_road_that_turned_shows_where():
    d = a_deployment("settle", moved=True)
    stops = road(d, POLICY, ("preflight", "provision", "validate", "cutover", "bake", "restore", "settle"))
    assert [
        *(Stop(name, Mark.DONE) for name in ("preflight", "provision", "validate", "cutover")),
        Stop("bake", Mark.TURNED),
        Stop("restore", Mark.DONE),
        Stop("settle", Mark.NOW),
        Stop("discard", Mark.AHEAD),
        Stop("rolled_back", Mark.AHEAD),
    ] == list(stops)


def test_a_deployment_that_never_moved_traffic_is_aborted_and_not_rolled_back():
    assert ["abort", "discard", "aborted"] == [s.phase for s in road(a_deployment("abort"), POLICY)]


@pytest.mark.parametrize("phase", ["stuck", "levitate"])
def test_off_the_road_there_is_one_stop(phase):
    assert [phase] == [stop.phase for stop in road(a_deployment(phase), POLICY)]


def test_a_meter_never_runs_below_nothing():
    assert [2.0, 0.0] == [Meter(done, 5.0, evidence=True).left for done in (3.0, 9.0)]


def test_a_bake_is_measured_in_good_evidence_and_a_start_by_its_limit():
    house = FakeHouse()
    house.ship("1.0")
    provision = meter(house.ship("2.0", Nature(up_after=6.0), "provision"))
    bake = meter(house.until("bake"))
    assert provision is not None
    assert bake is not None
    assert (False, house.policy.provision_within) == (provision.evidence, provision.whole)
    assert (True, house.policy.bake) == (bake.evidence, bake.whole)


@pytest.mark.parametrize("phase", ["succeeded", "stuck", "levitate"])
def test_where_nothing_is_waited_for_nothing_is_measured(phase):
    assert meter(a_snapshot(phase)) is None


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("bake", "1.0 in blue"),
        ("stabilize", "1.0 in blue"),
        ("provision", ""),
        ("contract", ""),
        ("levitate", ""),
    ],
)
def test_a_way_back_is_told_only_where_there_is_one(phase, words):
    assert words == way_back(a_snapshot(phase))


def test_the_first_release_has_no_way_back():
    assert "" == way_back(replace(a_snapshot("bake"), deployment=a_first_deployment("bake", moved=True)))


@pytest.mark.parametrize(
    ("phase", "commands"),
    [
        ("provision", ["abort", "watch"]),
        ("gate", ["promote", "abort", "watch"]),
        ("bake", ["rollback", "watch"]),
        ("succeeded", ["deploy"]),
        ("rolled_back", ["report", "deploy"]),
        ("stuck", ["explain", "resume", "logs"]),
        ("levitate", ["history"]),
    ],
)
def test_what_can_be_typed_stands_the_most_likely_first(phase, commands):
    assert commands == typed(a_snapshot(phase))


def test_what_is_held_is_resumed_first():
    assert ["resume", "rollback"] == typed(a_snapshot("bake", held="by ada"))
