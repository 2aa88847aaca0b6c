"""What kamal-proxy was seen to fail at, each tried here: the numbers F1 to F10 are those of the study of it.

A release that nobody waits for, an older one that overtakes, state that is torn or cannot be written, force, and a
new version that dies or hangs a second after the switch with nobody watching.
"""

import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from load import Call
from tests.e2e.fates import FATES, freeze, ruin
from tests.e2e.project import MIX, Project, project_in
from tests.waiting import eventually_sync
from verdigris.core.lifecycle import ENDINGS

RATE = 300.0
QUICK = (Call("GET", "/", share=3), Call("POST", "/attachments", b"x" * 1024))
BACK_WITHIN = 3.0
"""Seconds from the death of what serves to the last request that fails."""

pytestmark = pytest.mark.timeout(180)


# --- F1: the command line is killed while it waits ------------------------------------------------------------


def test_f1_what_nobody_waits_for_any_more_does_not_go_live_by_itself(shared):
    """The command line is killed while the release is not healthy: the deadline holds without it."""
    old = shared.serves
    with shared.configured(within={"validate": "2s"}), shared.load(RATE, MIX) as load:
        shipping = shared.begin_ship("never-healthy")
        shared.until("validate")
        shared.kill(shipping.pid)
        shared.until("aborted")
        assert {} == shared.instances(shared.candidate)
    assert ({}, {old}) == (dict(load.result.by_error), set(load.result.by_version))


def test_f1_a_release_that_comes_up_when_all_who_wanted_it_are_dead_gets_nothing(shared):
    """Command line and controller killed; the instances come up, stay for a while, and are taken away."""
    old = shared.serves
    with shared.load(RATE, MIX) as load:
        shipping = shared.begin_ship("slow-start", seconds=1.0)
        shared.until("provision")
        instances = eventually_sync(lambda: shared.instances(shared.candidate), "instances of the new one")
        shared.kill(shipping.pid, shared.controller)
        for name in instances:
            eventually_sync(lambda name=name: shared.ask_instance(name), f"an answer of {name}")
        shared.kill(*shared.instances(shared.candidate).values())
        assert old == shared.serves
    assert ({}, {old}) == (dict(load.result.by_error), set(load.result.by_version))
    shared.begin("up")  # somebody wants it again, and it is proven before it gets anything
    shared.until("stabilize")
    assert shared.version == shared.serves


# --- F2: a slow older deployment, and a fast newer one --------------------------------------------------------


def test_f2_an_older_deployment_never_overtakes_a_newer_one(shared):
    old = shared.serves
    with shared.load(RATE) as load:
        slow = shared.begin_ship("slow-start", seconds=2.0)
        older = shared.version
        shared.ship(code=14)
        fast = shared.begin_ship("good", "--queue")
        assert (0, 0) == (slow.wait(60), fast.wait(60))
    order = list(dict.fromkeys(record.version for record in load.result.answered))
    assert [old, older, shared.version] == order
    assert shared.version == shared.serves


# --- F3: kill -9 at random points -----------------------------------------------------------------------------

ROUNDS = 12


@pytest.mark.timeout(500)
def test_f3_state_is_whole_and_routes_stay_whoever_is_killed_whenever(shared, figure):
    seed = random.SystemRandom().randrange(1 << 32)
    dice = random.Random(seed)
    print("the seed is", seed)
    with shared.load(RATE, MIX) as load:
        for _ in range(ROUNDS):
            if shared.phase() in ENDINGS | {"stabilize"}:
                shared.begin_ship()
            strike(shared, dice)
        shared.until("stabilize")
    assert shared.version == shared.serves
    figure(f"{ROUNDS} times kill -9 of controller or keeper, seed {seed}: {load.result}")
    assert {} == dict(load.result.by_error)


def strike(project: Project, dice: random.Random) -> None:
    """Kill somebody after a few more events; what is written down can be read, and the routes serve."""
    seen, further = project.events()[-1].number, dice.randrange(5)
    over = time.monotonic() + 1.0  # there may be no more events
    eventually_sync(lambda: len(project.events(after=seen)) >= further or time.monotonic() > over, "events")
    controller, keeper = project.controller, project.keeper
    struck = dice.choice([(controller,), (keeper,), (controller, keeper), (keeper, controller)])
    project.kill(*struck)
    assert project.desk.newest() is not None
    assert 200 == project.ask().status
    revive(project)


def revive(project: Project) -> None:
    """Have a controller again, which brings a keeper; it may just have been struck in its own beginning."""
    for _ in range(3):
        up = project.begin("up") if project.controller is None else None
        eventually_sync(lambda up=up: project.at_work() or (up and up.poll() is not None), "somebody at work")
        if project.at_work():
            return
    raise AssertionError("nobody is at work")


# --- F4: the state directory is full --------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Project]:
    """A project on a disk of 160 MiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "verdigris-test", str(tmp_path)], check=True)
    try:
        with project_in(tmp_path) as project:
            yield project
            (project.state / FILLER).unlink(missing_ok=True)
    finally:
        subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


FILLER = "filler"


def fill(project: Project) -> Path:
    """Take every byte that is left."""
    filler = project.state / FILLER
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
        assert "is full" in " ".join(done.stderr.split())
    assert ({}, {old}) == (dict(load.result.by_error), set(load.result.by_version))

    small.kill(small.haproxy, small.controller, small.keeper, *small.instances().values())
    small.begin("up")
    eventually_sync(small.answers, "the routes to be there again")
    assert old == small.serves
    filler.unlink()
    eventually_sync(lambda: not small.seen().keeper.sentence, "the keeper to have noticed that there is room")
    assert small.ship() == small.serves


@pytest.mark.needs_root
def test_f4_a_disk_that_fills_under_a_deployment_stops_it_before_it_moves_traffic(small):
    old = small.ship()
    with small.load(RATE, MIX) as load:
        shipping = small.begin_ship("slow-start", seconds=2.0)
        instances = eventually_sync(lambda: small.instances("green"), "instances of the new one")
        filler = fill(small)
        for name in instances:
            eventually_sync(lambda name=name: small.ask_instance(name), f"an answer of {name}")
        eventually_sync(
            lambda: "cannot be used" in small.logs() or "nothing is done" in small.logs(), "words"
        )
        assert old == small.serves
        filler.unlink()
        assert 0 == shipping.wait(60)
    assert ({}, {old, small.version}) == (dict(load.result.by_error), set(load.result.by_version))


# --- F9: there is no force ------------------------------------------------------------------------------------


def test_f9_nothing_that_can_be_typed_gives_traffic_to_what_is_dead(shared):
    old = shared.serves
    assert 2 == shared.verdigris("deploy", "--force").returncode
    with shared.configured(gate="person"), shared.load(RATE, MIX) as load:
        shared.begin_ship()
        shared.until("gate")
        ruin(shared)
        for verb in ("promote", "hold", "resume", "promote"):
            shared.verdigris(verb)
        assert 0 == shared.verdigris("abort").returncode
        shared.until("aborted")
    assert ({}, {old}) == (dict(load.result.by_error), set(load.result.by_version))


# --- F10: the new version dies or hangs a second after the switch ---------------------------------------------


@pytest.mark.alone
@pytest.mark.parametrize("watched", [True, False], ids=["controller alive", "controller dead"])
@pytest.mark.parametrize("fate", FATES, ids=FATES.values())
def test_f10_green_that_fails_after_the_switch_is_left_within_seconds(shared, figure, fate, watched):
    old = shared.serves
    bake = shared.configured(bake={"for": "10m"})
    with bake, shared.load(100.0, QUICK, timeout=4.0, connections=1000) as load:
        shared.begin_ship("hangs" if fate is freeze else "good", requests=20, seconds=1.0)
        shared.until("bake")
        switched = time.monotonic()
        if not watched:
            shared.kill_controller()
        if fate is ruin:
            eventually_sync(lambda: time.monotonic() > switched + 1.0, "a second")
        died = fate(shared)
        eventually_sync(lambda: time.monotonic() > died + BACK_WITHIN, "what comes of it")
        assert old == shared.serves
        if not watched:
            shared.begin("up")
        shared.until("rolled_back")
        assert old == shared.serves
    # What a hung one has in hand fails only when its caller gives up: there the sending counts.
    failures = [r.sent if fate is freeze else r.received for r in load.result.failures]
    last = max(failures, default=died)
    figure(
        f"green {FATES[fate]}, controller {'alive' if watched else 'dead'}: the last failed request came "
        f"{last - died:.2f} s later, {len(failures)} failed at 100 requests a second"
    )
    assert last - died < BACK_WITHIN
