"""Deployments as a table."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.unit.cli.show.test_drilled import WORKED
from tests.unit.core.worlds import a_deployment
from verdigris.cli.show.history import (
    Told,
    history_document,
    history_lines,
)
from verdigris.cli.show.ink import plain
from verdigris.cli.show.story import Chapter, Story
from verdigris.ports import Event

NOW = 1_700_000_100.0
BEGAN = NOW - 100
STORY = Story(
    "d-2",
    "api",
    chapters=(Chapter("bake", BEGAN, NOW - 60, "ada asked"), Chapter("rolled_back", NOW - 60, NOW - 60)),
)
EVENTS = (Event(1, BEGAN, "api", "d-2", 1, "bake", "alert", "it fails", "12 of 60"),)
BACK = Told(a_deployment("rolled_back", cause="it failed", actor="ada"), STORY, EVENTS)


def test_where_nothing_was_deployed_it_says_how_to_begin():
    assert "nothing was ever deployed. Begin with verdigris deploy" == plain(history_lines([], NOW, 80))


def test_a_row_tells_release_slot_ending_time_and_who():
    head, row, cause = plain(history_lines([BACK], NOW, 100)).splitlines()
    assert ["deployment", "release", "slot", "is", "began", "took", "by"] == head.split()
    assert ["d-2", "2.0", "green", "rolled_back", "22:13", "40", "s", "ada"] == row.split()
    assert "  it failed" == cause


def test_a_deployment_of_which_no_event_is_left_has_no_beginning():
    assert " ? " in plain(history_lines([Told(a_deployment("succeeded"), Story("d-2", "api"))], NOW, 100))


def test_programs_get_documents():
    told = history_document([BACK], NOW)
    assert told == json.loads(json.dumps(told))
    assert (True, 40.0, BEGAN) == tuple(
        history_document([BACK], NOW)[0][k] for k in ("ended", "seconds", "began")
    )


def test_programs_get_the_drill_of_the_deployment_that_it_was_one_of():
    earlier, own = (replace(WORKED, wall=wall) for wall in (BEGAN - 1, BEGAN + 1))
    one, other = (replace(BACK, deployment=replace(BACK.deployment, drilled=r)) for r in (earlier, own))
    first, second = history_document([one, other], NOW)
    assert (None, BEGAN + 1) == (first["last_drill"], second["last_drill"]["wall"])
