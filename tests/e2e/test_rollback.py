"""The way back when everything but the old slot is in a bad way: one command, no precondition, nobody notices."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.e2e.project import MIX, Project
from tests.e2e.sight import WITHIN
from tests.waiting import eventually_sync

GARBAGE = b"this was a database once\n" * 4096


def well(project: Project) -> None:
    """Nothing is wrong but the release."""


def dead(project: Project) -> None:
    project.kill_controller()


def frozen(project: Project) -> None:
    controller = project.controller
    assert controller is not None
    os.kill(controller, signal.SIGSTOP)


def unreadable(project: Project) -> None:
    """The database is garbage, under a controller that has it open."""
    for file in project.state.glob("verdigris.db*"):
        file.write_bytes(GARBAGE)


def dead_and_unreadable(project: Project) -> None:
    dead(project)
    unreadable(project)


@pytest.mark.parametrize("controller", [well, dead, frozen, unreadable, dead_and_unreadable])
def test_rollback_works_whatever_the_controller_is(shared, figure, controller: Callable[[Project], None]):
    old = shared.serves
    new = shared.ship("good", "--queue")
    with shared.load(300.0, MIX) as load:
        controller(shared)
        began = time.monotonic()
        done = shared.verdigris("rollback", "it smells")
        took = time.monotonic() - began
        assert (0, old) == (done.returncode, shared.serves), done.stderr

        if controller in (unreadable, dead_and_unreadable):
            assert 0 == shared.verdigris("recover").returncode
        newest = shared.ship("good", "--queue")
        assert newest == shared.serves
    result = load.result
    back = next(r.sent for r in result.answered if r.version == old and r.sent > began)
    figure(
        f"rollback, controller {controller.__name__}: traffic back after {back - began:.2f} s, done {took:.2f} s"
    )
    assert {} == dict(result.by_error)
    assert {old, new, newest} == set(result.by_version)


def test_rollback_in_the_middle_of_a_ramp_goes_back_and_not_forward_when_nobody_remembers(projects):
    """Without the database the router alone knows which slot served before."""
    project = projects(cutover={"ramp": [{"to": "30%", "for": "10m"}, "100%"]})
    old = project.ship()
    project.ship("good", "--detach")
    eventually_sync(lambda: project.weight("green") == 30, "30 % on green", WITHIN)
    unreadable(project)
    done = project.verdigris("rollback")
    assert 0 == done.returncode, done.stderr
    assert {old} == {project.serves for _ in range(40)}

    assert 0 == project.verdigris("recover").returncode
    newest = project.ship("good", "--detach")
    eventually_sync(lambda: project.weight("green") == 30, "30 % on green", WITHIN)
    assert {old, newest} == {project.serves for _ in range(100)}
