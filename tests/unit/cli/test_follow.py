"""Following a deployment: what is new at each look."""

from __future__ import annotations

import itertools

import pytest

from tests.unit.cli.house import FakeHouse
from verdigris.cli.follow import follow, look_at
from verdigris.cli.session import Session
from verdigris.cli.show.story import Story
from verdigris.core.errors import StoreUnavailable


@pytest.fixture
def session(house: FakeHouse) -> Session:
    return Session(build=lambda config, state, app: house, pause=house.pause, clock=house.clock)


def begun(house: FakeHouse) -> None:
    house.file(house.make_release("1.0", house.said.append), "key", "ada", False)
    house.pause(1.0)


def test_every_event_is_told_once_and_in_order(house, session):
    begun(house)
    looks = itertools.takewhile(lambda look: look.deployment.phase != "succeeded", follow(session, "d-1"))
    numbers = [event.number for look in looks for event in look.events]
    assert numbers
    assert sorted(set(numbers)) == numbers


def test_the_story_goes_on_from_look_to_look(house, session):
    begun(house)
    looks = list(itertools.islice(follow(session, "d-1"), 60))
    assert looks[0].story.visited == looks[-1].story.visited[: len(looks[0].story.visited)]
    assert looks[-1].story.visited[0] == "preflight"


def test_a_deployment_that_nobody_knows_is_no_look(house, session):
    begun(house)
    assert look_at(session, Story("d-9", "orders")) is None


def test_an_earlier_deployment_can_be_looked_at(house, session):
    house.ship("1.0")
    house.ship("2.0")
    look = look_at(session, Story("d-1", "orders"))
    assert look is not None
    assert ("d-1", {"d-1"}) == (look.deployment.id, {event.deployment for event in look.events})


def test_a_store_that_fails_on_the_way_is_trouble_and_no_end(house, session, monkeypatch):
    begun(house)
    looks = follow(session, "d-1")
    assert "" == next(looks).trouble

    def fails(deployment, app):
        raise StoreUnavailable("the disk answers with an error")

    monkeypatch.setattr(house.memory, "deployment", fails)
    blind = next(looks)
    assert ("the disk answers with an error", ()) == (blind.trouble, blind.events)
    monkeypatch.undo()
    assert "" == next(looks).trouble


def test_a_store_that_cannot_be_read_at_first_is_an_error(house, session, monkeypatch):
    begun(house)

    def fails(deployment, app):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(house.memory, "deployment", fails)
    with pytest.raises(StoreUnavailable, match="gone"):
        next(follow(session, "d-1"))
