"""Whole screens in the phases that people see, at wide and narrow windows, compared with the committed ones."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.unit.cli.expected import same_screen
from tests.unit.cli.house import POLICY, FakeHouse, Nature
from verdigris.cli.show.explain import explanation, paragraphs
from verdigris.cli.show.ink import plain, width
from verdigris.cli.show.progress import progress_lines
from verdigris.cli.show.status import Staff, status_lines
from verdigris.cli.show.story import Story
from verdigris.cli.show.watch import watch_lines
from verdigris.core.policy import Step
from verdigris.core.world import Unknown

STAFF = Staff((4711, 1_700_000_000.0), (4700, 1_699_900_000.0))
SCENES = {
    "provision": (Nature(up_after=6.0), 2),
    "validate": (Nature(), 2),
    "cutover": (Nature(), 8),
    "drain": (Nature(), 0),
    "bake": (Nature(milliseconds=40.0), 9),
    "stabilize": (Nature(), 20),
    "succeeded": (Nature(), 0),
    "settle": (Nature(error_rate=0.3, turns_bad_after=9.0), 0),
    "rolled_back": (Nature(error_rate=0.3, turns_bad_after=9.0), 0),
    "aborted": (Nature(never_up=True), 0),
}


class Seen:
    """A house with 1.0 live and 2.0 on its way, followed from the start."""

    def __init__(self, phase: str, nature: Nature, more: int = 0, house: FakeHouse | None = None) -> None:
        self.house = house or FakeHouse()
        self.house.ship("7be01d4")
        self.story, self.number = Story("d-2", "orders"), 0
        self.house.version, self.house.nature = "9f2c1ab", nature
        self.house.file(self.house.make_release(None, self.house.said.append), "key", "ada", False)
        for _ in range(400):
            self.look()
            if self.snapshot.deployment.phase == phase and self.snapshot.deployment.id == "d-2":
                break
        else:
            raise AssertionError(f"never came to {phase}")
        for _ in range(more):
            self.look()

    def look(self) -> None:
        self.house.pause(1.0)
        for event in self.house.memory.events(after=self.number):
            self.story, self.number = self.story.hear(event), event.number
        self.story = self.story.see(self.snapshot)

    @property
    def snapshot(self):
        return self.house.pinned.snapshot

    @property
    def events(self):
        return self.house.memory.events(deployment="d-2")

    @property
    def evidence(self):
        return self.house.memory.evidence("d-2", "orders")

    def watch(self, columns: int = 100, rows: int = 32) -> str:
        now = self.house.wall()
        drawn = watch_lines(self.snapshot, self.story, self.events, STAFF, now, columns, rows, self.evidence)
        return plain(drawn)

    def status(self, columns: int = 100, staff: Staff = STAFF, later: float = 0.0) -> str:
        now = self.house.wall() + later
        return plain(
            status_lines(self.snapshot, staff, now, columns, self.story.visited, evidence=self.evidence)
        )


@pytest.mark.parametrize("phase", SCENES)
def test_watch(phase):
    same_screen(f"watch-{phase}", Seen(phase, *SCENES[phase]).watch())


def test_how_the_evidence_grows():
    policy = replace(
        POLICY, grace=2.0, max_error_rate=0.5, sticky=True, ramp=(Step(50, 60.0), Step(100, 0.0))
    )
    seen = Seen("cutover", Nature(error_rate=0.06), 11, FakeHouse(policy=policy))
    same_screen("watch-evidence", seen.watch())
    same_screen("status-evidence", seen.status())
    parts = explanation(seen.snapshot, seen.story, seen.events, seen.house.wall(), seen.evidence)
    same_screen("explain-evidence", plain(paragraphs(parts, seen.snapshot, 100)))


@pytest.mark.parametrize("phase", SCENES)
def test_status(phase):
    same_screen(f"status-{phase}", Seen(phase, *SCENES[phase]).status())


@pytest.mark.parametrize("phase", SCENES)
def test_progress(phase):
    seen = Seen(phase, *SCENES[phase])
    same_screen(f"progress-{phase}", plain(progress_lines(seen.story, seen.house.wall(), 100)))


@pytest.mark.parametrize("phase", SCENES)
def test_explain(phase):
    seen = Seen(phase, *SCENES[phase])
    parts = explanation(seen.snapshot, seen.story, seen.events, seen.house.wall())
    same_screen(f"explain-{phase}", plain(paragraphs(parts, seen.snapshot, 100)))


@pytest.mark.parametrize(("columns", "rows"), [(60, 40), (60, 24), (80, 24), (160, 50)])
def test_watch_fits_any_window(columns, rows):
    lines = Seen("bake", Nature(), 5).watch(columns, rows).splitlines()
    assert rows >= len(lines)
    assert columns >= max(width(line) for line in lines)
    assert "verdigris rollback" in lines[-2]
    assert "q leaves" in lines[-1]
    same_screen(f"watch-{columns}x{rows}", "\n".join(lines))


def test_status_says_since_when_the_picture_is_old():
    text = Seen("bake", Nature(), 5).status(staff=Staff(), later=90.0)
    assert "no controller" in text
    assert re.search(r"this is what was seen at 22:30:\d\d, 1:30 ago", text)


def test_status_without_a_controller_says_who_goes_on_with_it():
    without = Seen("bake", Nature(), 5)
    assert "next         verdigris up        goes on with it" in without.status(staff=Staff())
    assert "verdigris up" not in without.status()
    assert "verdigris up" not in Seen("succeeded", Nature()).status(staff=Staff())


def test_a_deployment_that_is_stuck_says_what_it_is_stuck_in():
    house = FakeHouse()
    house.ship("1.0", Nature(error_rate=1.0), phase="stuck")
    s = house.pinned.snapshot
    text = plain(
        status_lines(s, STAFF, house.wall(), 100, ("preflight", "provision", "validate", "bake", "stuck"))
    )
    assert "✖ stuck" in text
    assert "verdigris explain  says what it is stuck in" in text


def test_a_router_that_cannot_be_seen_is_a_question_mark_and_no_zero():
    seen = Seen("bake", Nature(), 2)
    blind = replace(seen.snapshot.world.router, reading=Unknown("no answer"))
    s = replace(
        seen.snapshot, world=replace(seen.snapshot.world, router=blind, signals=Unknown("the log is cut"))
    )
    text = plain(status_lines(s, STAFF, seen.house.wall(), 100))
    assert 2 == text.count("? %")
    drawn = plain(watch_lines(s, seen.story, (), STAFF, seen.house.wall(), 100, 32))
    assert "requests   ?" in drawn
    assert "failed     ?" in drawn


def test_a_phase_of_a_newer_version_is_shown_and_nothing_is_promised():
    seen = Seen("bake", Nature(), 2)
    s = replace(
        seen.snapshot,
        deployment=replace(seen.snapshot.deployment, phase="levitate"),
        waiting_for="a newer one",
    )
    text = plain(status_lines(s, STAFF, seen.house.wall(), 100))
    assert "levitate" in text
    assert "rollback" not in text


def test_text_of_an_application_cannot_move_the_cursor():
    seen = Seen("bake", Nature(), 2)
    evil = replace(seen.snapshot, waiting_for="\x1b[2J\x1b[H\x07 all is well", trouble="\u202eback\nfront")
    drawn = plain(watch_lines(evil, seen.story, (), STAFF, seen.house.wall(), 100, 32))
    told = plain(status_lines(evil, STAFF, seen.house.wall(), 100))
    for text in (drawn, told):
        assert not set("\x1b\x07\u202e") & set(text)
        assert "\\x1b[2J" in text


def test_a_holdback_keeps_both_lanes_busy():
    house = FakeHouse(
        policy=replace(POLICY, holdback=5, ramp=(*POLICY.ramp[:2], replace(POLICY.ramp[2], to=95)))
    )
    text = Seen("bake", Nature(), 8, house).watch()
    assert "95 %" in text
    assert "5 %" in text
    assert "○ drain" not in text
    assert "✔ drain" not in text
