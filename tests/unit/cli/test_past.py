"""A deployment of weeks, in a real store: every turn and the newest is told, and what is left out is said."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import astuple, replace
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import FakeHouse, Nature
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.sql import SqlStore
from verdigris.cli.follow import look_at
from verdigris.cli.past import BEGINNING, NEWEST, past_of
from verdigris.cli.session import Session
from verdigris.cli.show.story import Story
from verdigris.cli.telling import telling
from verdigris.cli.voice import Voice
from verdigris.ports import Event

SEEN = 11_000
"""Events of no turn, before the bake and after it."""


@pytest.fixture
def lived(house: FakeHouse) -> FakeHouse:
    """One that was shipped long ago, and one in its bake."""
    house.ship("1.0")
    house.ship("2.0", phase="bake")
    house.pause(5.0)
    return house


def stored(house: FakeHouse, events: Iterable[Event]) -> SqliteDesk:
    """What the house remembers, in a database."""
    path = house.state / "verdigris.db"

    async def written() -> None:
        store = SqlStore(path)
        await store.prepare()
        for saved in house.memory.rows[house.app]:
            await store.save(saved, None, (), (), 0.0)
        await store.close()

    asyncio.run(written())
    with closing(sqlite3.connect(path)) as database, database:
        rows = [(number, *astuple(event)[1:]) for number, event in enumerate(events, 1)]
        database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    return SqliteDesk(path)


def padded(events: list[Event], turn: str = "bake") -> list[Event]:
    """The same with very much before a turn and after it, and a person's word at the end."""
    at = next(n for n, e in enumerate(events) if e.deployment == "d-2" and e.sentence.startswith(turn))
    before, turned, after = events[:at], events[at], events[at + 1 :]
    seen = [replace(turned, kind="action", sentence=f"seen {n}", evidence="") for n in range(SEEN)]
    return [*before, *seen, turned, *after, *seen, said_by_ada(events)]


def said_by_ada(events: list[Event]) -> Event:
    return replace(events[-1], kind="command", sentence="hold by ada", evidence="")


@pytest.fixture
def long(lived: FakeHouse, monkeypatch: pytest.MonkeyPatch) -> FakeHouse:
    """The house with a long past."""
    desk = stored(lived, padded(list(lived.memory.log)))
    monkeypatch.setattr(lived, "desk", lambda: desk)
    return lived


def session_of(house: FakeHouse, **voice: object) -> Session:
    return Session(
        build=lambda config, state, app: house,
        pause=house.pause,
        clock=house.clock,
        voice=Voice(wall=house.wall, **voice),
        state=house.state,
    )


@pytest.mark.parametrize(("command", "turn"), [("status", "cutover"), ("history", "restore")])
def test_a_long_past_changes_nothing_of_what_is_shown(
    house: FakeHouse, type_: Type, monkeypatch: pytest.MonkeyPatch, command: str, turn: str
):
    house.ship("1.0")
    house.ship("2.0", Nature(error_rate=0.3, turns_bad_after=9.0), phase="rolled_back")
    house.pause(30.0)
    short = shown(type_, command)
    desk = stored(house, padded(list(house.memory.log), turn))
    monkeypatch.setattr(house, "desk", lambda: desk)
    assert short == shown(type_, command)


def shown(type_: Type, command: str) -> dict[str, object]:
    """What a program is told, without how long the controller has run."""
    told = json.loads(type_(command, "--json").out.splitlines()[-1])
    told.pop("controller", None)
    return told


def test_explain_tells_what_was_decided_last(long: FakeHouse, type_: Type):
    assert "command: hold by ada" in json.loads(type_("explain", "--json").out)["decided"]


def test_explain_tells_the_last_turn_where_nothing_newer_was_decided(
    lived: FakeHouse, type_: Type, monkeypatch
):
    desk = stored(lived, padded(list(lived.memory.log))[:-1])
    monkeypatch.setattr(lived, "desk", lambda: desk)
    assert "it entered bake" in json.loads(type_("explain", "--json").out)["decided"]


def test_a_report_has_beginning_turns_and_the_newest_and_says_how_many_events_it_leaves_out(
    long: FakeHouse, type_: Type
):
    told = json.loads(type_("report", "--json").out)
    sentences = [event["sentence"] for event in told["events"]]
    assert "bake" == told["phases"][-1]["phase"]
    assert sentences[0].startswith("preflight")
    assert "hold by ada" == sentences[-1]
    assert any(sentence.startswith("bake") for sentence in sentences)
    of_it = [e for e in long.memory.log if e.deployment == "d-2"]
    assert len(of_it) + 2 * SEEN + 1 == told["left_out"] + len(sentences)
    assert len(sentences) <= BEGINNING + NEWEST + 20
    said = type_("report").out
    assert f"… {told['left_out']:,} events are left out: `verdigris report d-2 --all`" in said
    assert said.index("left out") < said.index("hold by ada")


def test_a_report_of_all_leaves_nothing_out(long: FakeHouse, type_: Type):
    told = json.loads(type_("report", "--all", "--json").out)
    assert 0 == told["left_out"]
    assert 2 * SEEN == sum(event["sentence"].startswith("seen") for event in told["events"])
    assert "left out" not in type_("report", "--all").out


def test_a_short_past_is_told_whole(lived: FakeHouse, type_: Type):
    told = json.loads(type_("report", "--json").out)
    of_it = [e.number for e in lived.memory.log if e.deployment == "d-2"]
    assert (0, of_it) == (told["left_out"], [event["number"] for event in told["events"]])


def test_a_past_as_long_as_what_is_shown_leaves_nothing_out(
    lived: FakeHouse, monkeypatch: pytest.MonkeyPatch
):
    events = [e for e in lived.memory.log if e.deployment == "d-2"]
    for surplus, left_out in ((0, 0), (1, 1)):
        seen = [replace(events[0], kind="action")] * (BEGINNING + NEWEST - len(events) + surplus)
        lived.state = Path(lived.state, str(surplus))
        lived.state.mkdir()
        desk = stored(lived, [*events[:1], *seen, *events[1:]])
        monkeypatch.setattr(lived, "desk", lambda desk=desk: desk)
        past = past_of(session_of(lived), "d-2", lived.app)
        assert left_out == past.gap.count


def test_whoever_begins_to_follow_hears_every_turn_the_newest_and_how_much_is_left_out(long: FakeHouse):
    look = look_at(session_of(long), Story("d-2", long.app))
    assert "bake" == look.story.visited[-1]
    assert look.story.visited == look_at_all(long).visited
    assert "hold by ada" == look.events[-1].sentence
    of_it = [e for e in long.memory.log if e.deployment == "d-2"]
    assert len(of_it) + 2 * SEEN + 1 == len(look.events) + look.gap.count


def look_at_all(house: FakeHouse) -> Story:
    story = Story("d-2", house.app)
    for event in house.memory.log:
        story = story.hear(event)
    return story


def test_the_next_look_has_only_what_is_new(long: FakeHouse):
    first = look_at(session_of(long), Story("d-2", long.app))
    second = look_at(session_of(long), first.story, first.events[-1].number)
    assert ((), 0) == (second.events, second.gap.count)


def test_what_is_left_out_is_said_once_between_what_is_told(
    long: FakeHouse, capsys: pytest.CaptureFixture[str]
):
    session = session_of(long)
    look = look_at(session, Story("d-2", long.app))
    telling(session).tell(look)
    said = capsys.readouterr().err
    assert 1 == said.count("events are left out: `verdigris report d-2 --all`")
    assert said.index("● bake") < said.index("left out") < said.index("hold by ada")


def test_what_was_known_before_is_not_said_to_be_left_out(
    long: FakeHouse, capsys: pytest.CaptureFixture[str]
):
    session = session_of(long)
    look = look_at(session, Story("d-2", long.app))
    telling(session, look.events[-2].number).tell(look)
    said = capsys.readouterr().err
    assert ("left out" in said, "hold by ada" in said) == (False, True)


def test_what_is_left_out_is_an_object_too(long: FakeHouse, capsys: pytest.CaptureFixture[str]):
    session = session_of(long, as_json=True)
    look = look_at(session, Story("d-2", long.app))
    telling(session).tell(look)
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (left_out,) = [o for o in objects if o["type"] == "left_out"]
    assert (look.gap.count, "verdigris report d-2 --all") == (left_out["count"], left_out["next"])


def test_an_old_deployment_is_found_however_many_came_after_it(
    lived: FakeHouse, monkeypatch: pytest.MonkeyPatch
):
    saved = lived.memory.rows[lived.app][0]
    lived.memory.rows[lived.app] += [
        replace(saved, deployment=replace(saved.deployment, id=f"d-{n}")) for n in range(3, 90)
    ]
    desk = stored(lived, lived.memory.log)
    monkeypatch.setattr(lived, "desk", lambda: desk)
    assert "d-1" == look_at(session_of(lived), Story("d-1", lived.app)).deployment.id
