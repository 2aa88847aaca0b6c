"""The stage: what its dice give, what is shipped on it, and a controller that dies and is followed by another."""

import pytest

from verdigris.testing.chaos import Crash
from verdigris.testing.host import Nature
from verdigris.testing.stage import APP, Stage, done


def test_the_same_seed_sets_the_same_stage():
    assert Stage(5).policy == Stage(5).policy
    assert len({Stage(seed).policy for seed in range(5)}) > 1


def test_what_is_shipped_is_filed_under_a_version_of_its_own():
    stage = Stage(5)
    stage.ship(Nature())
    stage.ship(Nature(healthy=False))
    assert ["1.1", "1.2"] == [filed.release.version for filed in stage.memory.keys.values()]
    assert [True, False] == [nature.healthy for nature in stage.shipped.values()]


def test_a_look_of_the_controller_is_seen_by_the_witness():
    stage = Stage(5)
    stage.ship(Nature())
    stage.look_and_act(stage.engine)
    assert stage.memory.newest_deployment(APP) == stage.witness.course.last


def test_a_controller_that_dies_is_followed_by_another():
    stage, first = Stage(5), None
    stage.ship(Nature())

    def dies(call, moment):
        raise Crash(call)

    first, stage.memory.fault = stage.engine, dies
    assert None is stage.tick(stage.engine)
    assert first is not stage.engine


def test_nothing_in_the_simulation_waits():
    class Waits:
        def __await__(self):
            yield

    async def waits():
        await Waits()

    work = waits()
    with pytest.raises(AssertionError, match="a fake waited"):
        done(work)
    work.close()
