"""What kamal-proxy was seen to fail at, each tried here: the numbers F1 to F10 are those of the study of it.

A release that nobody waits for, an older one that overtakes, state that is torn or cannot be written, force, and a
new version that dies or hangs a second after the switch with nobody watching.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from load import Result
from tests.e2e.conftest import project_in
from tests.e2e.project import MIX, Project, state_of
from tests.waiting import eventually_sync
from verdigris.core.lifecycle import ENDINGS

RATE = 300.0
BACK_WITHIN = 3.0
"""Seconds from the death of what serves to the last request that fails."""

pytestmark = pytest.mark.timeout(180)


# --- F1: the command line is killed while it waits ------------------------------------------------------------


def test_f1_what_nobody_waits_for_any_more_does_not_go_live_by_itself(projects):
    """The command line is killed while the release is not healthy: the deadline holds without it."""
    project = projects(within={"validate": "3s"})
    old = project.ship()
    with project.load(RATE, MIX) as load:
        shipping = project.begin_ship("never-healthy")
        project.until("validate")
        project.kill(shipping.pid)
        project.until("aborted")
        assert {"blue-1", "blue-2"} == set(project.instances())
    assert ({}, {old}) == (dict(load.result.by_error), set(load.result.by_version))


def test_f1_a_release_that_comes_up_when_all_who_wanted_it_are_dead_gets_nothing(projects):
    """Command line and controller killed; the instances come up, stay for a while, and are taken away."""
    project = projects()
    old = project.ship()
    with project.load(RATE, MIX) as load:
        shipping = project.begin_ship("slow-start", seconds=2.0)
        project.until("provision")
        project.kill(shipping.pid, project.controller)
        instances = eventually_sync(lambda: project.instances("green"), "instances of the new one")
        for name in instances:
            eventually_sync(lambda name=name: project.ask_instance(name), f"an answer of {name}")
        project.kill(*project.instances("green").values())
        assert old == project.serves
    assert ({}, {old}) == (dict(load.result.by_error), set(load.result.by_version))


# --- F2: a slow older deployment, and a fast newer one --------------------------------------------------------


def test_f2_an_older_deployment_never_overtakes_a_newer_one(project):
    project.ship()
    slow = project.begin_ship("slow-start", seconds=3.0)
    older = project.version
    project.ship(code=14)
    refused = project.version
    fast = project.begin_ship("good", "--queue")
    with project.load(RATE) as load:
        assert (0, 0) == (slow.wait(60), fast.wait(60))
    order = list(dict.fromkeys(record.version for record in load.result.answered))
    assert ["1.0.0", older, project.version] == order
    assert project.version == project.serves
    assert refused not in order


# --- F3: kill -9 at random points -----------------------------------------------------------------------------

ROUNDS = 12


def test_f3_state_is_whole_and_routes_stay_whoever_is_killed_whenever(shared, figure):
    seed = random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    print("the seed is", seed)
    with shared.load(RATE, MIX) as load:
        for _ in range(ROUNDS):
            if shared.phase() in ENDINGS | {"stabilize"}:
                shared.begin_ship()
            strike(shared, dice)
            assert 0 == shared.verdigris("deploy", "--version", shared.version, "--detach").returncode
        shared.until("stabilize")
    assert shared.version == shared.serves
    figure(f"{ROUNDS} times kill -9 of controller or keeper, seed {seed}: {load.result}")
    assert {} == dict(load.result.by_error)


def strike(project: Project, dice: random.Random) -> None:
    """Kill somebody after a few more events; what is written down can be read, and the routes serve."""
    seen, further = project.events()[-1].number, dice.randrange(6)
    over = time.monotonic() + 3.0  # there may be no more events
    eventually_sync(
        lambda: len(project.events(after=seen)) >= further or time.monotonic() > over, "events"
    )
    controller, keeper = project.controller, project.keeper
    project.kill(*dice.choice([(controller,), (keeper,), (controller, keeper), (keeper, controller)]))
    assert project.desk.newest() is not None
    assert 200 == project.ask().status


# --- F4: the state directory is full --------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    """A project on a disk of 160 MiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "verdigris-test", str(tmp_path)], check=True)
    try:
        with project_in(tmp_path) as project:
            yield project
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(project: Project) -> Path:
    """Take every byte that is left."""
    filler = project.state / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler


@pytest.mark.needs_root
def test_f4_with_a_full_disk_a_deployment_fails_aloud_before_it_moves_traffic(small):
    old = small.ship()
    small.change()
    filler = fill(small)
    with small.load(RATE, MIX) as load:
        done = small.verdigris("deploy", "--version", small.version)
        assert 1 == done.returncode
        assert "No space left" in done.stderr
        small.kill(small.controller, small.keeper)
    assert ({}, {old}) == (dict(load.result.by_error), set(load.result.by_version))

    small.kill(small.haproxy_by_name())
    small.begin("up")
    eventually_sync(lambda: small.answers(), "the routes to be there again")
    assert old == small.serves
    filler.unlink()
    assert small.ship() == small.serves


@pytest.mark.needs_root
def test_f4_a_disk_that_fills_under_a_deployment_stops_it_before_it_moves_traffic(small):
    old = small.ship()
    with small.load(RATE, MIX) as load:
        shipping = small.begin_ship("slow-start", seconds=2.0)
        small.until("provision")
        filler = fill(small)
        instances = eventually_sync(lambda: small.instances("green"), "instances of the new one")
        for name in instances:
            eventually_sync(lambda name=name: small.ask_instance(name), f"an answer of {name}")
        eventually_sync(lambda: "cannot be used" in small.logs() or "nothing is done" in small.logs(), "words")
        assert old == small.serves
        filler.unlink()
        assert 0 == shipping.wait(60)
    assert ({}, {old, small.version}) == (dict(load.result.by_error), set(load.result.by_version))


# --- F9: there is no force ------------------------------------------------------------------------------------


def test_f9_nothing_that_can_be_typed_gives_traffic_to_what_is_dead(projects):
    project = projects()
    project.ship()
    project.configure(gate="person")
    assert 2 == project.verdigris("deploy", "--force").returncode
    with project.load(RATE, MIX) as load:
        project.begin_ship()
        project.until("gate")
        ruin(project, "green")
        project.verdigris("promote")
        for verb in ("hold", "resume", "promote"):
            project.verdigris(verb)
        assert 0 == project.verdigris("abort").returncode
        project.until("aborted")
    assert ({}, {"1.0.0"}) == (dict(load.result.by_error), set(load.result.by_version))


# --- F10: the new version dies or hangs a second after the switch ---------------------------------------------


def ruin(project: Project, slot: str) -> float:
    """Kill every instance of a slot so that none comes back; the moment of it."""
    app = project.state / "releases" / project.seen().slots[slot].version / "app.py"
    app.chmod(0o644)
    app.write_text("this was changed after it was proven")
    pids, moment = list(project.instances(slot).values()), time.monotonic()
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return moment


def freeze(project: Project, slot: str) -> float:
    """Wait until its own behaviour has stopped every instance of a slot; the moment of the last."""
    pids = list(project.instances(slot).values())
    eventually_sync(lambda: all("T" == state_of(pid) for pid in pids), f"{slot} to hang")
    return time.monotonic()


FATES: dict[Callable[[Project, str], float], str] = {ruin: "killed", freeze: "hung"}


@pytest.mark.parametrize("watched", [True, False], ids=["controller alive", "controller dead"])
@pytest.mark.parametrize("fate", FATES, ids=FATES.values())
def test_f10_green_that_fails_after_the_switch_is_left_within_seconds(projects, figure, fate, watched):
    project = projects()
    old = project.ship()
    project.configure(bake={"for": "10m"})
    with project.load(100.0, timeout=4.0, connections=1000) as load:
        project.begin_ship("hangs" if fate is freeze else "good", requests=20, seconds=1.0)
        project.until("bake")
        switched = time.monotonic()
        if not watched:
            project.kill_controller()
        if fate is ruin:
            eventually_sync(lambda: time.monotonic() > switched + 1.0, "a second")
        died = fate(project, "green")
        eventually_sync(lambda: time.monotonic() > died + BACK_WITHIN + 1.0, "what comes of it")
        assert old == project.serves
        if not watched:
            project.begin("up")
        project.until("rolled_back")
        assert old == project.serves
    # What a hung one has in hand fails only when its caller gives up: there the sending counts.
    failures = [r.sent if fate is freeze else r.received for r in load.result.failures]
    last = max(failures, default=died)
    figure(
        f"green {FATES[fate]}, controller {'alive' if watched else 'dead'}: the last failed request came "
        f"{last - died:.2f} s later, {len(failures)} failed at 100 requests a second"
    )
    assert last - died < BACK_WITHIN
