"""What is said of a deployment as it goes, where nothing is drawn."""

from __future__ import annotations

import io
import json

import pytest

from tests.unit.core.worlds import a_deployment
from verdigris.cli.follow import Look
from verdigris.cli.session import Session
from verdigris.cli.show.story import Story
from verdigris.cli.telling import HEARTBEAT, Lines, Objects, event_document, heartbeat, sentences, telling
from verdigris.cli.voice import Voice
from verdigris.ports import Event


def an_event(number: int, kind: str, sentence: str, wall: float = 10.0, evidence: str = "") -> Event:
    return Event(number, wall, "api", "d-2", 1, "bake", kind, sentence, evidence)


def a_look(*events: Event, phase: str = "bake", trouble: str = "") -> Look:
    story = Story("d-2", "api")
    for event in events:
        story = story.hear(event)
    return Look(a_deployment(phase), events, story, trouble)


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def session() -> Session:
    voice = Voice(out=io.StringIO(), err=io.StringIO(), wall=lambda: 10.0)
    return Session(voice=voice, clock=Clock())


def said(session: Session) -> list[str]:
    return session.voice.err.getvalue().splitlines()


def test_an_event_is_told_with_its_evidence_and_what_was_passed_over_is_not():
    alert = an_event(1, "alert", "it fails", evidence="12 of 60")
    assert ["alert: it fails (12 of 60)"] == sentences(alert, a_look())
    assert [] == sentences(an_event(1, "passed over", "rehearse"), a_look())


def test_a_phase_says_first_what_came_of_the_one_before_it():
    first = an_event(1, "phase", "cutover", 10.0)
    second = an_event(2, "phase", "restore: it failed", 14.0, "12 of 60")
    assert ["✖ cutover took 4.0 s", "● restore: it failed (12 of 60)"] == sentences(
        second, a_look(first, second)
    )


def test_what_came_of_a_phase_is_said_once_where_two_begin_in_the_same_look():
    first = an_event(1, "phase", "stabilize", 10.0)
    back, settle = an_event(2, "phase", "restore: ada asked", 14.0), an_event(3, "phase", "settle", 14.0)
    look = a_look(first, back, settle)
    assert ["✖ stabilize took 4.0 s", "● restore: ada asked"] == sentences(back, look)
    assert ["● settle"] == sentences(settle, look)


def test_what_is_known_already_is_not_told_again(session):
    lines = Lines(session, after=1)
    lines.tell(a_look(an_event(1, "alert", "old"), an_event(2, "alert", "new")))
    assert ["00:00:10 alert: new"] == said(session)


def test_trouble_is_told_when_it_comes_and_when_it_goes(session):
    lines = Lines(session, 0)
    for trouble in ("the disk is full", "the disk is full", ""):
        lines.tell(a_look(trouble=trouble))
    assert ["00:00:10 the disk is full", "00:00:10 it can be followed again"] == said(session)


@pytest.mark.parametrize(("phase", "beats"), [("bake", 1), ("succeeded", 0)])
def test_a_silence_is_never_longer_than_a_heartbeat_until_it_has_ended(session, phase, beats):
    lines = Lines(session, 0)
    for session.clock.now in (HEARTBEAT - 1, HEARTBEAT, HEARTBEAT + 1):
        lines.tell(a_look(phase=phase))
    assert beats == len(said(session))


def test_before_anybody_looked_a_heartbeat_says_so():
    assert "d-2 is in bake, the controller has not looked yet" == heartbeat(a_look())


def test_programs_get_every_event_as_it_stands_in_the_log(session):
    session.voice.as_json = True
    one = telling(session)
    assert isinstance(one, Objects)
    event = an_event(1, "passed over", "rehearse")
    one.tell(a_look(event))
    assert event_document(event) == json.loads(session.voice.out.getvalue())


def test_where_nothing_can_be_drawn_it_is_told_in_lines(session):
    assert Lines is type(telling(session))
