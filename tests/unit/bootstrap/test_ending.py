"""The end of a house, and of one app in it."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from tests.unit.cli.house import FakeHouse
from verdigris.bootstrap.ending import make_writable, remove, torn_down
from verdigris.bootstrap.house import House
from verdigris.core.deployment import Routed
from verdigris.core.errors import Refused
from verdigris.core.lifecycle import decide
from verdigris.core.world import Known, Pause, PerSlot, Reading, Routing, SlotWorld
from verdigris.ports import Saved, Snapshot


def test_what_never_was_is_torn_down_already(tmp_path):
    said: list[str] = []
    House(tmp_path / "verdigris.yaml", tmp_path / "state").tear_down_everything(said.append)
    assert [f"there is nothing in {tmp_path / 'state'}"] == said


def test_tearing_down_removes_a_state_directory_with_sealed_releases(make_house):
    house, said = make_house(), []
    sealed = house.state / "releases" / "1.0"
    sealed.mkdir(parents=True)
    sealed.chmod(0o555)
    house.tear_down_everything(said.append)
    assert not house.state.exists()
    assert ["the controller is stopped", "no keeper was running", f"{house.state} is removed"] == said


def test_what_was_sealed_can_be_written_again(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for path in (inner, inner.parent):
        path.chmod(0o555)
    make_writable(tmp_path / "a")
    assert {0o700} == {path.stat().st_mode & 0o777 for path in (inner, inner.parent)}


@pytest.fixture
def mounted(tmp_path):
    """A state directory that is a file system of its own."""
    place = tmp_path / "state"
    place.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "verdigris-test", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.needs_root
def test_a_state_directory_that_is_a_mount_point_is_emptied_and_stays(mounted):
    said: list[str] = []
    (mounted / "releases" / "orders").mkdir(parents=True)
    (mounted / "link").symlink_to("releases")
    House(mounted.parent / "verdigris.yaml", mounted).tear_down_everything(said.append)
    assert f"{mounted} is empty; it is a mount point and stays" == said[-1]
    assert [] == list(mounted.iterdir())


def test_what_a_link_leads_to_is_left_alone(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    place = tmp_path / "state"
    place.mkdir()
    (place / "link").symlink_to(kept)
    assert remove(place)
    assert (kept / "file").exists()


# --- one app ----------------------------------------------------------------------------------------------------


def ended(snapshot: Snapshot, generation: int = 50) -> Saved:
    """The deployment after its app was torn down, with the router told to send to nobody."""
    weights = snapshot.world.router.reading.value.routing.weights
    routed = Routed(Routing(weights), generation, snapshot.world.now)
    saved = Saved(snapshot.deployment, snapshot.policy)
    return torn_down(saved, "ada", generation, routed, snapshot.world.base)


@pytest.mark.parametrize("phase", ["provision", "cutover", "bake", "stabilize", "succeeded"])
def test_after_an_end_nothing_is_wanted_any_more_whatever_it_ended_in(phase):
    house = FakeHouse()
    house.ship("1.0")
    house.ship("2.0", phase=phase)
    saved = ended(house.pinned.snapshot)
    d, world = saved.deployment, house.pinned.snapshot.world
    nobody = Reading(d.routed.routing, d.routed.generation)
    empty = Known(SlotWorld(None), world.now)
    world = replace(
        world, slots=PerSlot(empty, empty), router=replace(world.router, reading=Known(nobody, world.now))
    )
    decision = decide(d, world, saved.policy)
    assert ("aborted", "torn down by ada", ()) == (
        decision.deployment.phase,
        decision.deployment.cause,
        decision.actions,
    )


def test_an_end_lets_nobody_wait_and_keeps_no_way_back():
    house = FakeHouse()
    d = replace(house.ship("1.0").deployment, pause=Pause.ALL, held="somebody said so")
    after = torn_down(Saved(d, house.policy), "ada", 9, None, d.base).deployment
    assert (Pause.NONE, "", None, 9) == (after.pause, after.held, after.previous, after.generation)


def test_an_app_that_was_never_there_cannot_be_torn_down(tmp_path):
    house = House(tmp_path / "verdigris.yaml", tmp_path / "state", "search")
    with pytest.raises(Refused, match="search was never deployed from it"):
        house.tear_down("ada", lambda said: None)
