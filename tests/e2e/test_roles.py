"""Jobs run in one slot: across a switch and a rollback, counted in what they wrote, and what happens without a role."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.contents import contents
from tests.e2e.project import CONFIG, Project
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(150)

APP = Path(__file__).parent / "working_app.py"
APART = 1.5
"""Seconds between the last line of one slot and the first of the other: two of evidence, less a look and a line."""


class Working:
    """A project with a job in it."""

    def __init__(self, projects: Callable[..., Project], directory: Path, **env: str) -> None:
        self.file = directory / "job.lines"
        command = ["working_app:make" if word == "app:make" else word for word in CONFIG["run"]["command"]]
        run = {"command": command, "env": {"JOB_LINES": str(self.file), **env}, "instances": 1, "surge": 1}
        self.project = projects(run=run)
        shutil.copy(APP, self.project.place)

    @property
    def lines(self) -> list[tuple[float, str]]:
        text = self.file.read_text() if self.file.exists() else ""
        *whole, _ = text.split("\n")  # what is behind the last end of a line is still being written
        return sorted((line["at"], line["slot"]) for line in map(json.loads, whole))

    def turns(self) -> list[tuple[str, str, float]]:
        """From which slot to which the job went, with how much time in between."""
        return [(a[1], b[1], b[0] - a[0]) for a, b in pairwise(self.lines) if a[1] != b[1]]

    def until_works_in(self, slot: str) -> None:
        def works() -> bool:
            return [slot] * 5 == [where for _, where in self.lines[-5:]]

        eventually_sync(works, f"a job that works in {slot}, not {self.lines[-3:]}", 30.0)

    def told(self) -> dict[str, str]:
        slots = self.project.json("status")["slots"]
        return {name: slots[name]["told"] for name in slots}


def test_a_job_runs_in_one_slot_across_a_switch_and_a_rollback(projects, tmp_path: Path, figure):
    work = Working(projects, tmp_path)
    work.project.ship()
    work.until_works_in("blue")
    with work.project.load(100.0) as load:
        work.project.ship()
        work.until_works_in("green")
        eventually_sync(lambda: {"blue": "retained", "green": "live"} == work.told(), "the roles in status")
        assert 0 == work.project.verdigris("rollback", "it smells").returncode
        work.until_works_in("blue")
    turns = work.turns()
    figure(f"jobs: {len(work.lines)} lines, turns {turns}")
    assert [("blue", "green"), ("green", "blue")] == [(a, b) for a, b, _ in turns]
    assert all(gap >= APART for _, _, gap in turns)
    assert {} == dict(load.result.by_error)


def test_without_a_role_it_runs_in_both(projects, tmp_path: Path):
    work = Working(projects, tmp_path, JOB_EVERYWHERE="1")
    work.project.ship()
    work.project.ship()
    eventually_sync(lambda: len(work.turns()) > 10, "the same job in both slots", 30.0)


@pytest.mark.parametrize("database", ["as it was", "garbage"])
def test_after_a_rollback_without_a_controller_roles_follow_as_soon_as_one_looks(
    projects, tmp_path: Path, database: str
):
    work = Working(projects, tmp_path)
    work.project.ship()
    work.project.ship()
    work.until_works_in("green")
    work.project.kill_controller()
    if database == "garbage":
        for file in work.project.state.glob("verdigris.db*"):
            file.write_bytes(b"this was a database once\n" * 4096)
    assert 0 == work.project.verdigris("rollback", "it smells").returncode
    if database == "garbage":
        assert 0 == work.project.verdigris("recover").returncode
    work.project.verdigris("up")  # one may be back already
    work.until_works_in("blue")
    assert [("blue", "green"), ("green", "blue")] == [(a, b) for a, b, _ in work.turns()]
    assert all(gap >= APART for _, _, gap in work.turns())


def test_an_application_that_speaks_is_sent_away_and_asked_back(projects, tmp_path: Path):
    work = Working(projects, tmp_path)
    work.project.ship()
    work.project.ship()
    eventually_sync(lambda: work.project.json("status")["slots"]["blue"]["leaving"], "blue sends away", 30.0)
    assert 0 == work.project.verdigris("rollback", "it smells").returncode
    eventually_sync(
        lambda: not work.project.json("status")["slots"]["blue"]["leaving"], "blue keeps its clients", 30.0
    )
    said = [event.sentence for event in work.project.events() if event.kind == "action"]
    assert any(sentence.startswith("drain: the traffic has left blue") for sentence in said)
    assert any(sentence.startswith("resume: blue is to have traffic") for sentence in said)


def test_no_secret_stands_anywhere_but_in_its_file(projects, tmp_path: Path):
    work = Working(projects, tmp_path)
    work.project.ship()
    [file] = work.project.state.glob("told/*/*/secret")
    secret, state = file.read_text().strip().encode(), work.project.state
    assert [file] == [path for path, text in contents(state).items() if secret in text]
    assert 0o600 == file.stat().st_mode & 0o777
    for pid in work.project.instances().values():
        process = Path(f"/proc/{pid}")
        assert secret not in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
