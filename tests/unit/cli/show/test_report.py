"""One deployment as a report."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.cli.show.judged import counted, ticks
from tests.unit.cli.show.test_history import BACK, BEGAN, EVENTS, NOW, STORY
from tests.unit.core.worlds import a_deployment, a_first_deployment, a_policy
from verdigris.cli.show.gap import Gap
from verdigris.cli.show.history import Told
from verdigris.cli.show.ink import plain, width
from verdigris.cli.show.report import (
    facts,
    report_document,
    report_lines,
    report_markdown,
    way_back_words,
)
from verdigris.cli.show.story import Story
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.lifecycle import seen
from verdigris.ports import Event


@pytest.mark.parametrize("columns", [40, 100])
def test_a_report_fits_the_window(columns):
    assert all(columns >= width(row) for row in report_lines(BACK, NOW, columns))


def test_a_report_has_phases_and_the_events_that_matter():
    drawn = plain(report_lines(BACK, NOW, 100))
    assert "22:13:20  bake               40 s" in drawn
    assert "alert         it fails (12 of 60)" in drawn


def test_a_report_says_how_many_streams_were_cut():
    cut = Event(2, BEGAN, "api", "d-2", 1, "stabilize", "cut", "the router has 9 ended", "")
    told = Told(BACK.deployment, STORY, (*EVENTS, cut))
    assert "cut           the router has 9 ended" in plain(report_lines(told, NOW, 100))


def test_a_report_says_what_was_found_about_the_schema():
    said = ("12 statements work", "the shadow is PostgreSQL 18, production 15")
    told = replace(BACK, schema=said)
    drawn = plain(report_lines(told, NOW, 100))
    assert "schema        12 statements work" in drawn
    assert "schema        the shadow is PostgreSQL 18, production 15" in drawn
    assert "- **schema**: 12 statements work" in report_markdown(told, NOW)
    assert list(said) == report_document(told, NOW)["schema"]


@pytest.mark.parametrize(
    ("d", "words"),
    [
        (a_deployment("bake"), "`verdigris rollback` brings 1.0 back from blue"),
        (a_deployment("settle"), "being taken: traffic goes to blue"),
        (a_deployment("rolled_back"), "taken: blue serves 1.0"),
        (a_deployment("succeeded"), "1.0 is torn down: deploy it again to have it back"),
        (a_first_deployment("bake"), "none, it was the first deployment"),
    ],
)
def test_the_way_back_is_told_as_it_is(d, words):
    assert words == way_back_words(Told(d, STORY))


def test_words_of_others_are_no_markdown():
    told = Told(a_deployment("rolled_back", cause="# <b> | [x](y) `z` \x1b"), STORY)
    text = report_markdown(told, NOW)
    assert r"\# \<b\> \| \[x\](y) \`z\` \\x1b" in text
    assert text.startswith("## api 2.0: rolled_back (d-2)")


def test_what_is_left_out_is_said_where_it_is_missing():
    late = Event(9000, NOW - 60, "api", "d-2", 1, "bake", "alert", "it fails again", "")
    told = replace(BACK, events=(*EVENTS, late), gap=Gap(3214, 9000))
    drawn = plain(report_lines(told, NOW, 100)).splitlines()
    assert ["it fails (12", "… 3,214 event", "it fails again"] == [
        next(words for words in ("it fails (12", "… 3,214 event", "it fails again") if words in row)
        for row in drawn[-3:]
    ]


def test_programs_get_a_document():
    told = report_document(BACK, NOW)
    assert told == json.loads(json.dumps(told))
    assert ["bake", "rolled_back"] == [phase["phase"] for phase in told["phases"]]
    assert (1, 0) == (len(told["events"]), told["left_out"])


def test_what_was_compared_is_told_once():
    """The bake is left on it, and its trial still says so."""
    p, state = a_policy(), ticks(counted(bad_from=1000))[-1].after
    d = a_deployment("stabilize", trial=state)
    left = seen(replace(d, phase="bake"), p, Verdict(VerdictKind.GOOD, "well", "1000 requests, none failed"))
    entered = Event(1, BEGAN, "api", "d-2", 1, "stabilize", "phase", "stabilize", left)
    told = dict(facts(Told(d, Story("d-2", "api").hear(entered), policy=p), NOW))
    assert ("1000 requests, none failed", f"1000 requests, none failed. {told['compared']}") == (
        told["evidence"],
        f"{left}.",
    )
