"""A job that ran in both slots without the role runs in exactly one with it, through a switch and the way back.

Real schedulers: Celery beat as two processes, APScheduler as two schedulers.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from tests.waiting import eventually_sync
from verdigris_kit.role import on_change, role

HERE = Path(__file__).parent
SLOTS = ("blue", "green")


def becomes(file, word):
    new = file.with_suffix(".new")
    new.write_text(word)
    new.replace(file)


class Beats:
    """Celery beat in both slots; each has a directory of its own for the messages that it sends."""

    def __init__(self, place, scheduler):
        self.place = place
        self.processes = []
        for slot in SLOTS:
            (place / slot).mkdir()
            environ = {
                **os.environ,
                "MESSAGES": str(place / slot),
                "VERDIGRIS_ROLE_FILE": str(place / f"{slot}.role"),
                "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
            }
            command = [
                sys.executable,
                "-m",
                "celery",
                "-A",
                "beat_site",
                "beat",
                "-s",
                str(place / f"{slot}.db"),
            ]
            command += ["-l", "INFO", "--pidfile="]
            command += ["--scheduler", scheduler] if scheduler else []
            with (place / f"{slot}.log").open("wb") as log:
                self.processes.append(
                    subprocess.Popen(command, env=environ, cwd=place, stdout=log, stderr=log)
                )

    def ran(self, slot):
        return len(list((self.place / slot).iterdir()))

    def move(self, live, other, word):
        becomes(self.place / f"{other}.role", word)
        becomes(self.place / f"{live}.role", "live")

    def begun(self):
        return all("beat: Starting" in (self.place / f"{slot}.log").read_text() for slot in SLOTS)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def beats(tmp_path):
    started = []

    def start(scheduler=None):
        started.append(Beats(tmp_path, scheduler))
        return started[0]

    yield start
    started[0].stop()


def runs_only_in(beats, live, other):
    """The one sends five more, and the other not one."""
    before, silent = beats.ran(live), beats.ran(other)
    eventually_sync(lambda: beats.ran(live) >= before + 5, f"five jobs of {live}", within=40)
    assert silent == beats.ran(other)


def test_celery_beat_without_the_role_sends_from_both_slots(beats):
    beats = beats()
    eventually_sync(lambda: all(beats.ran(slot) > 2 for slot in SLOTS), "both to send", within=40)


def test_celery_beat_sends_from_the_live_slot_only_across_switch_and_way_back(beats, tmp_path):
    for slot, word in (("blue", "live"), ("green", "candidate")):
        becomes(tmp_path / f"{slot}.role", word)
    beats = beats("verdigris_kit.celery:LiveScheduler")
    eventually_sync(beats.begun, "both to start", within=40)
    runs_only_in(beats, "blue", "green")
    assert 0 == beats.ran("green")
    beats.move("green", "blue", "retained")
    eventually_sync(lambda: beats.ran("green") > 0, "green to take over")
    runs_only_in(beats, "green", "blue")
    beats.move("blue", "green", "candidate")
    before = beats.ran("blue")
    eventually_sync(lambda: beats.ran("blue") > before, "blue to take over again")
    runs_only_in(beats, "blue", "green")


class Slot:
    """A scheduler as the guide sets it up, in a process that would be a slot."""

    def __init__(self, file, with_role):
        self.file, self.ran = file, 0
        self.scheduler = BackgroundScheduler()
        self.scheduler.add_job(self.job, "interval", seconds=0.05, misfire_grace_time=1, coalesce=True)
        self.scheduler.start(paused=with_role)
        self.end = on_change(self.follow, at_once=True) if with_role else None

    def job(self):
        self.ran += 1

    def follow(self, now):
        if now == "live":
            self.scheduler.resume()
        else:
            self.scheduler.pause()

    def stop(self):
        if self.end:
            self.end()
        self.scheduler.shutdown()


def test_apscheduler_without_the_role_runs_in_both_slots(tmp_path):
    slots = [Slot(tmp_path / slot, with_role=False) for slot in SLOTS]
    eventually_sync(lambda: all(slot.ran > 2 for slot in slots), "both to run")
    for slot in slots:
        slot.stop()


def test_apscheduler_runs_while_live_and_stands_still_otherwise(tmp_path, monkeypatch):
    file = tmp_path / "role"
    monkeypatch.setenv("VERDIGRIS_ROLE_FILE", str(file))
    becomes(file, "candidate")
    slot = Slot(file, with_role=True)
    for word in ("live", "retained", "live"):
        becomes(file, word)
        assert word == role()
        if word == "live":
            before = slot.ran
            eventually_sync(lambda before=before: slot.ran > before + 2, "it to run")
        else:
            eventually_sync(lambda: slot.scheduler.state == 2, "it to stand still")
            before = slot.ran
            other = Slot(file, with_role=False)
            eventually_sync(lambda other=other: other.ran > 5, "time enough for it to have run")
            other.stop()
            assert before + 1 >= slot.ran  # one may have been on its way
    slot.stop()
