"""Instances that lose their port, their release or their manners, while they are called."""

from __future__ import annotations

import json
import os
import re
import signal
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.bad_input.callers import Callers
from tests.bad_input.project import WITHIN, Project
from tests.e2e.sight import state_of
from tests.waiting import eventually_sync
from verdigris.keeper.client import observe

KILLED = re.compile(r"killed after (\d+\.\d) s")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Project]:
    """Two instances of 1.0.0 are live and called; nothing may fail, whatever becomes of one of them."""
    project, callers = Pair(tmp_path), Callers("")
    callers.url = project.url
    try:
        project.deploy("1.0.0").says(0)
        callers.start()
        yield project
        callers.stop()
        assert [] == callers.failures
    finally:
        project.teardown()


class Pair(Project):
    def defaults(self) -> dict[str, Any]:
        good = super().defaults()
        return good | {"run": good["run"] | {"instances": 2, "revive_after": "1s"}}


def test_an_instance_whose_port_is_taken_comes_back_on_another(pair: Project):
    victim = instances(pair)["blue-1"]
    with frozen(
        observe(pair.state, WITHIN).keeper.pid
    ):  # it would take the port again after a tenth of a second
        os.kill(victim["pid"], signal.SIGKILL)
        taken = eventually_sync(lambda: thief(victim["port"]), "the port to be free")
    with taken:
        fresh = eventually_sync(lambda: successor(pair, victim), "another process in its place")
        assert victim["port"] != fresh["port"]
        eventually_sync(lambda: healthy(pair) == 2, "both instances to serve")


def test_an_instance_is_not_restarted_from_a_release_that_was_changed(pair: Project):
    code = pair.state / "releases" / "api" / "1.0.0" / "api.py"
    code.chmod(0o600)
    code.write_text(code.read_text() + "# just a small fix\n")
    os.kill(instances(pair)["blue-1"]["pid"], signal.SIGKILL)
    eventually_sync(lambda: healthy(pair) == 1, "the dead instance to be noticed")
    changed = "blue-1: the release directory"
    eventually_sync(lambda: changed in pair.run("status").said, "the reason in status")
    pair.run("logs", "keeper").says(0, "was changed since 1.0.0 was recorded (api.py)", "deploy again")
    pair.run("explain").says(0, "was changed since 1.0.0 was recorded")
    pair.deploy("1.0.1").says(0, "api 1.0.1 serves")


def test_a_release_that_was_changed_before_it_started_is_refused(pair: Project):
    pair.configure(gate="person")
    pair.deploy("1.1.0", "good", "--timeout", "1ms").says(13)
    eventually_sync(lambda: pair.document("status")["phase"] == "gate", "the gate")
    pair.run("abort").says(0)
    eventually_sync(lambda: pair.document("status")["phase"] == "aborted", "the abort")
    code = pair.state / "releases" / "api" / "1.1.0" / "api.py"
    code.chmod(0o600)
    code.write_text("print('hello')\n")
    pair.configure()
    pair.deploy("1.1.0").says(11, "releases/api/1.1.0 was changed since 1.1.0 was made. Remove it and deploy")


def test_an_application_that_ignores_sigterm_is_killed_after_its_grace_and_that_is_said(pair: Project):
    pair.deploy("stubborn", "ignores-sigterm").says(0)
    pair.deploy("2.0.0").says(0, "api 2.0.0 serves")
    eventually_sync(lambda: pair.document("status")["phase"] == "succeeded", "the stubborn one to be gone")
    killed = [line for line in pair.run("logs", "keeper").out.splitlines() if "ignores SIGTERM" in line]
    assert {"api.green-1", "api.green-2"} == {json.loads(line)["name"] for line in killed}
    took = [float(seconds) for seconds in KILLED.findall("\n".join(killed))]
    assert (len(killed), True) == (len(took), all(1.0 <= seconds < 10.0 for seconds in took)), killed


def instances(project: Project) -> dict[str, Any]:
    """What runs in blue, as the keeper tells it."""
    found = json.loads((project.state / "keeper.json").read_text())
    running = [i for i in found["slots"]["api.blue"]["instances"] if i["process"]]
    return {i["name"].removeprefix("api."): i | {"pid": i["process"]["pid"]} for i in running}


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A process that stands still meanwhile."""
    os.kill(pid, signal.SIGSTOP)
    try:
        eventually_sync(lambda: state_of(pid) == "T", f"{pid} to stand still")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def healthy(project: Project) -> int:
    return int(project.document("status")["slots"]["blue"]["healthy"])


def successor(project: Project, victim: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] = instances(project).get("blue-1", victim)
    return found if found["pid"] != victim["pid"] else None


class Thief(socketserver.ThreadingTCPServer):
    """Takes every connection and closes it at once."""

    allow_reuse_address = True

    def __enter__(self) -> Thief:
        threading.Thread(target=self.serve_forever, args=(0.05,)).start()
        return self

    def __exit__(self, *why: object) -> None:
        self.shutdown()
        self.server_close()


def thief(port: int) -> Thief | None:
    """Somebody who has the port now; None while another one has it."""
    try:
        return Thief(("127.0.0.1", port), socketserver.BaseRequestHandler)
    except OSError:
        return None
