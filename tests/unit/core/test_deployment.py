"""How evidence is counted: a clock that jumps, an absence, a reboot can only lengthen a wait."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import (
    BLUE,
    GREEN,
    NEW,
    OLD,
    T0,
    a_deployment,
    a_policy,
    a_routing,
    a_stage,
    routed,
)
from verdigris.core.deployment import Lasted
from verdigris.core.world import Weights

P = a_policy(fresh_within=5.0)


def counted(holds, seconds, d=None, verb="count_all"):
    """What has lasted when the condition is seen `seconds` after the last look."""
    d = d or a_deployment(evidence=(Lasted("quiet", 3.0, T0),))
    world = replace(a_stage().world(), now=T0 + seconds, base="boot-1")
    return getattr(d, verb)({"quiet": holds}, world, P)


def test_the_first_look_counts_nothing_yet():
    assert 0.0 == counted(True, 1.0, a_deployment()).lasted("quiet")


def test_a_condition_that_goes_on_holding_adds_the_time_between_two_looks():
    assert 4.5 == counted(True, 1.5).lasted("quiet")


@pytest.mark.parametrize("seconds", [5.0, 60.0, 90_000.0])
def test_the_time_between_two_looks_counts_up_to_a_bound(seconds):
    assert 8.0 == counted(True, seconds).lasted("quiet")


def test_a_clock_that_goes_back_adds_nothing():
    assert 3.0 == counted(True, -500.0).lasted("quiet")


def test_a_condition_that_breaks_starts_again_from_nothing():
    assert 0.0 == counted(False, 1.0).lasted("quiet")


def test_an_unknown_condition_pauses_the_count():
    d = counted(None, 1.0)
    assert (3.0, 3.0) == (d.lasted("quiet"), counted(True, 2.0, d).lasted("quiet"))


def test_what_must_have_held_all_the_time_starts_again_after_a_gap():
    assert 4.0 == counted(True, 1.0, verb="count_unbroken").lasted("quiet")
    assert 0.0 == counted(True, 6.0, verb="count_unbroken").lasted("quiet")


def test_what_must_have_held_all_the_time_survives_a_short_unknown():
    d = counted(None, 1.0, verb="count_unbroken")
    assert 5.0 == counted(True, 2.0, d, verb="count_unbroken").lasted("quiet")


def test_another_boot_adds_nothing_and_takes_nothing():
    d = a_deployment(evidence=(Lasted("quiet", 3.0, T0),), routed=routed(a_routing(Weights(0, 100))))
    world = replace(a_stage().world(), now=T0 + 2.0, base="boot-2")
    there = d.rebase(world)
    assert ("boot-2", world.now, (Lasted("quiet", 3.0, None),)) == (
        there.base,
        there.routed.at,
        there.evidence,
    )
    assert 3.0 == there.count("quiet", True, world, P).lasted("quiet")


def test_the_same_boot_changes_nothing():
    d = a_deployment(evidence=(Lasted("quiet", 3.0, T0),))
    assert d is d.rebase(replace(a_stage().world(), base="boot-1"))


def test_conditions_are_forgotten_by_name():
    d = a_deployment(evidence=(Lasted("quiet", 3.0, T0), Lasted("good", 4.0, T0)))
    assert (0.0, 4.0) == (d.forget("quiet").lasted("quiet"), d.forget("quiet").lasted("good"))


def test_a_deployment_knows_what_runs_where():
    d = a_deployment()
    assert (BLUE, NEW, OLD) == (d.live, d.release_in(GREEN), d.release_in(BLUE))


def test_two_that_differ_in_nothing_but_what_has_lasted_do_not_differ():
    d = a_deployment(evidence=(Lasted("quiet", 3.0, T0),))
    assert not d.differs(replace(d, evidence=()))
    assert d.differs(replace(d, phase="bake")) and d.differs(replace(d, cause="it was bad"))
