"""The way back when everything but the old slot is in a bad way: one command, no precondition, nobody notices."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from tests.e2e.project import MIX, Project
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


def unreadable_and_dead(project: Project) -> None:
    dead(project)
    unreadable(project)


@pytest.mark.parametrize("trouble", [well, dead, frozen, unreadable, unreadable_and_dead])
def test_rollback_works_with_the_controller(project, figure, trouble: Callable[[Project], None]):
    project.deploy("1.0.0")
    project.deploy("2.0.0")
    load = project.load(300.0, MIX)
    load.start()
    trouble(project)

    began = time.monotonic()
    done = project.verdigris("rollback", "it smells")
    took = time.monotonic() - began
    assert 0 == done.returncode, done.stderr
    assert "1.0.0" == project.ask().headers["X-API-Version"]

    if trouble in (unreadable, unreadable_and_dead):
        recovered = project.verdigris("recover")
        assert 0 == recovered.returncode, recovered.stderr
    project.deploy("3.0.0", "good", "--queue")
    result = load.stop()
    first = next(r.sent for r in result.answered if r.version == "1.0.0" and r.sent > began)
    figure(
        f"rollback, controller {trouble.__name__}: traffic back after {first - began:.2f} s, command took {took:.2f} s"
    )
    assert {} == dict(result.by_error)
    assert "3.0.0" == project.ask().headers["X-API-Version"]


def test_rollback_in_the_middle_of_a_ramp_goes_back_and_not_forward_when_nobody_remembers(projects):
    """Without the database the router alone knows which slot served before."""
    project = projects(cutover={"ramp": [{"to": "30%", "for": "10m"}, "100%"]})
    project.deploy("1.0.0")
    project.begin_deploy("2.0.0")
    eventually_sync(lambda: project.weight("green") == 30, "30 % on green")
    unreadable(project)
    done = project.verdigris("rollback")
    assert 0 == done.returncode, done.stderr
    assert {"1.0.0"} == {project.ask().headers["X-API-Version"] for _ in range(40)}
    assert 0 == project.verdigris("recover").returncode
    project.deploy("3.0.0", "good", "--detach")
    eventually_sync(lambda: project.weight("green") == 30, "30 % on green")
    assert {"1.0.0", "3.0.0"} == {project.ask().headers["X-API-Version"] for _ in range(100)}
