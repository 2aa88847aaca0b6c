"""kill -9 under load, as people at the command line see it: of the controller, of keeper and controller, of the router.

The moments are those of the event log: what was just written down is what the controller was about to do. Every point
that there is, without a person, is struck in tests/crash.
"""

import time

import pytest

from tests.e2e.project import MIX, Project
from tests.e2e.sight import WITHIN
from tests.waiting import eventually_sync

RATE = 300.0

FORWARD = ("action: provision", "action: route: traffic goes")
"""Each is struck in a deployment of its own, as soon as it can be read; the answer to it is still under way."""

BACKWARD = ("action: route: traffic goes",)

pytestmark = pytest.mark.timeout(180)


def test_a_controller_killed_under_whoever_deploys_costs_no_request_and_changes_no_ending(shared, figure):
    with shared.load(RATE, MIX) as load:
        for number, moment in enumerate(FORWARD):
            struck(shared, moment, by_hand=number % 2 == 0)
        for moment in BACKWARD:
            struck_on_the_way_back(shared, moment)
    figure(f"controller killed at {len(FORWARD) + len(BACKWARD)} moments: {load.result}")
    assert {} == dict(load.result.by_error)


def struck(project: Project, moment: str, by_hand: bool) -> None:
    """Kill the controller at this moment of a deployment, have another one, and see it end as it would have."""
    seen = project.events()[-1].number
    shipping = project.begin_ship()
    kill_at(project, moment, seen)
    if by_hand:
        project.begin("up")
    else:  # the next command brings one, and the same release asked for again is the same deployment
        assert 0 == project.verdigris("deploy", "--version", project.version).returncode
    assert 0 == shipping.wait(60)
    assert (project.version, "stabilize") == (project.serves, project.phase())


def struck_on_the_way_back(project: Project, moment: str) -> None:
    """The same while it is rolled back: whoever asked for that goes on without a controller if there is none."""
    old = project.serves
    project.ship("good", "--queue")
    seen = project.events()[-1].number
    rolling_back = project.begin("rollback")
    kill_at(project, moment, seen)
    assert 0 == rolling_back.wait(60)
    project.begin("up")
    project.until("rolled_back")
    assert old == project.serves


def kill_at(project: Project, moment: str, seen: int) -> None:
    """Kill it once this is written down, after the event numbered `seen`."""
    controller = project.controller
    eventually_sync(
        lambda: any(f"{e.kind}: {e.sentence}".startswith(moment) for e in project.events(after=seen)),
        f"the event {moment!r}",
    )
    project.kill(controller)


def test_keeper_and_controller_killed_together_know_everything_when_they_are_back(shared):
    shared.ship("good", "--queue")
    before = (shared.haproxy, shared.instances(), shared.phase())
    with shared.load(RATE, MIX) as load:
        keeper, controller = shared.keeper, shared.controller
        shared.kill(keeper, controller)
        shared.begin("up")
        eventually_sync(shared.at_work, "both to be back")
        assert before == (shared.haproxy, shared.instances(), shared.phase())
        assert {keeper, controller}.isdisjoint({shared.keeper, shared.controller})
        shared.ship()
    assert {} == dict(load.result.by_error)


def test_a_killed_router_comes_back_with_its_weights_and_loses_only_what_it_had_in_hand(projects):
    project = projects(cutover={"ramp": [{"to": "30%", "for": "10m"}, "100%"]})
    project.ship()
    project.ship("good", "--detach")
    eventually_sync(lambda: project.weight("green") == 30, "30 % on green", WITHIN)
    project.kill_controller()  # nobody is to repair what should be right by itself
    with project.load(RATE, MIX) as load:
        haproxy = project.haproxy
        project.kill(haproxy)
        gone = time.monotonic()
        eventually_sync(lambda: project.seen().router.pid not in (None, haproxy), "another router")
        back = time.monotonic()
        eventually_sync(lambda: time.monotonic() > back + 600 / RATE, "600 requests")
    assert [] == [record for record in load.result.failures if record.sent > gone]
    later = [record.slot for record in load.result.answered if record.sent > back]
    assert 0.15 < later.count("green") / len(later) < 0.45


@pytest.mark.parametrize(("slot", "killed"), [("blue", 2), ("green", 1)], ids=["retained", "live"])
def test_a_killed_instance_comes_back_with_the_code_that_was_deployed(project, slot, killed):
    """All of the slot that is kept hot; of the live one a part, for all of it would be a reason to roll back."""
    version = {"blue": project.ship(), "green": project.ship()}[slot]
    source = project.place / "app.py"
    source.write_text(source.read_text().replace('"name": "orders"', '"name": "never deployed"'))
    project.change("fails", requests=0, seconds=0.0, share=1.0)
    before = project.instances(slot)
    for name in list(before)[:killed]:
        project.kill(before[name])
        eventually_sync(
            lambda name=name: project.instances(slot).get(name, before[name]) != before[name], name
        )
        answer = eventually_sync(lambda name=name: project.ask_instance(name), f"an answer of {name}")
        assert {"name": "orders", "version": version} == answer


def test_teardown_finds_and_ends_everything_though_keeper_and_controller_were_killed(project):
    project.ship()
    project.kill(project.controller, project.keeper)  # in this order: a controller brings another keeper
    assert 3 == len(project.left())
    project.end()
    eventually_sync(lambda: not project.left(), f"an end of {project.left()}")
