"""How a deployment ended, in one line and in whole."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.core.worlds import a_deployment
from verdigris.cli.exits import Exit
from verdigris.cli.show.result import failure_of, result_document, result_line
from verdigris.cli.show.story import Chapter, Numbers, Story
from verdigris.core.world import PerSlot

STORY = Story(
    "d-2",
    "api",
    chapters=(
        Chapter("preflight", 100.0, 101.0),
        Chapter("bake", 101.0, 141.0, turned=True),
        Chapter("restore", 141.0, 142.0, evidence="12 of 60 failed"),
        Chapter("rolled_back", 142.0, 142.0),
    ),
    counts=PerSlot(Numbers(900, 0), Numbers(60, 12)),
)
BACK = a_deployment("rolled_back", cause="it failed too often", moved=True)


@pytest.mark.parametrize(
    ("phase", "code", "words"),
    [
        ("rolled_back", Exit.ROLLED_BACK, "api 2.0 was rolled back"),
        ("aborted", Exit.NOT_MOVED, "api 2.0 was aborted, no traffic moved"),
        ("succeeded", Exit.GOOD, "api 2.0 serves alone"),
        ("stabilize", Exit.GOOD, "api 2.0 serves, now in stabilize"),
        ("bake", Exit.RUNNING, "api 2.0 is still in bake"),
    ],
)
def test_a_line_says_what_became_of_the_release(phase, code, words):
    assert f"{words} · 60 requests to it, 12 failed · d-2 took 42 s" == result_line(
        a_deployment(phase), STORY, code, 999.0
    )


def test_what_is_stuck_or_superseded_says_in_what_and_by_what():
    stuck = result_line(a_deployment("stuck", stuck_in="restore"), Story("d-2", "api"), Exit.STUCK, 1.0)
    over = a_deployment("succeeded", superseded_by="d-3")
    assert "api 2.0 is stuck in restore" == stuck
    assert "api 2.0 served until d-3 superseded it" == result_line(over, Story("d-2", "api"), Exit.GOOD, 1.0)


def test_while_it_goes_on_the_time_runs():
    story = Story("d-2", "api", chapters=(Chapter("bake", 100.0),))
    assert result_line(a_deployment("bake"), story, Exit.RUNNING, 130.0).endswith("d-2 took 30 s")


def test_a_failure_says_in_which_phase_and_with_which_evidence():
    failure = failure_of(BACK, STORY, ())
    assert "2.0 was rolled back in bake: it failed too often" == failure.cause
    assert ("12 of 60 failed", "green: 12 of 60 failed (20 %)") == failure.evidence
    assert "verdigris report d-2" in failure.next


def test_a_failure_without_a_cause_says_that_there_is_none():
    failure = failure_of(a_deployment("stuck"), Story("d-2", "api"), ())
    assert "2.0 is stuck: no cause was written down" == failure.cause
    assert "verdigris resume" in failure.next


def test_a_program_gets_the_same_numbers():
    told = result_document(BACK, STORY, Exit.ROLLED_BACK, 999.0)
    assert (10, "green", 60, 12, True, 42.0, None) == tuple(
        told[key] for key in ("exit", "slot", "requests", "failed", "counts_complete", "seconds", "weights")
    )
    assert result_line(BACK, STORY, Exit.ROLLED_BACK, 999.0) == told["sentence"]


def test_a_failure_says_whose_it_was_when_that_could_be_told():
    shared = Chapter("discard", 142.0, 142.0, evidence="a shared incident, not this release")
    story = replace(STORY, chapters=(*STORY.chapters[:3], shared, STORY.chapters[3]))
    assert "a shared incident, not this release" in failure_of(BACK, story, ()).evidence
