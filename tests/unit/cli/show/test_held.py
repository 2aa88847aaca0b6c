"""A pause and closing connections, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.house import FakeHouse
from verdigris.cli.show.held import closing_words, pause_words, unpausing
from verdigris.core.world import Known, Pause, PerSlot, Slot, Unknown
from verdigris.ports import Snapshot


@pytest.fixture(scope="module")
def plain() -> Snapshot:
    return FakeHouse().ship("1.0")


def as_paused(s: Snapshot, asked: Pause, done: Pause, waiting: int = 0) -> Snapshot:
    router = s.world.router
    reading = replace(router.reading.value, routing=replace(router.reading.value.routing, pause=done))
    router = replace(router, reading=Known(reading, 1.0), waiting=Known(waiting, 1.0))
    return replace(s, deployment=replace(s.deployment, pause=asked), world=replace(s.world, router=router))


def test_of_what_is_not_paused_nothing_is_said(plain):
    assert ("", "", ()) == (pause_words(plain), closing_words(plain), unpausing(plain))


@pytest.mark.parametrize(
    ("asked", "done", "waiting", "words", "command"),
    [
        (Pause.ALL, Pause.ALL, 0, "requests wait at the router", "verdigris unpause"),
        (Pause.ALL, Pause.ALL, 12, "requests wait at the router, 12 requests now", "verdigris unpause"),
        (Pause.SAFE, Pause.NONE, 0, "safe requests wait", "verdigris unpause"),
        (Pause.MAINTENANCE, Pause.MAINTENANCE, 3, "it is in maintenance", "verdigris maintenance off"),
        (Pause.NONE, Pause.ALL, 3, "the router does not do it yet", "verdigris unpause"),
    ],
)
def test_a_pause_says_what_happens_and_what_ends_it(plain, asked, done, waiting, words, command):
    s = as_paused(plain, asked, done, waiting)
    assert words in pause_words(s)
    assert [command] == [command for command, _ in unpausing(s)]


def test_a_pause_that_the_router_does_not_do_yet_is_not_called_done(plain):
    assert "the router does not do it yet" in pause_words(as_paused(plain, Pause.ALL, Pause.NONE))


def test_a_pause_behind_a_router_that_does_not_answer_is_not_known(plain):
    s = as_paused(plain, Pause.ALL, Pause.ALL)
    blind = replace(s.world.router, reading=Unknown("no answer"))
    said = pause_words(replace(s, world=replace(s.world, router=blind)))
    assert said.endswith("whether the router does it cannot be seen")


def test_connections_that_are_being_closed_are_counted(plain):
    router = replace(
        plain.world.router,
        closing=frozenset({Slot.BLUE}),
        cut=PerSlot(5, 0),
        long_lived=PerSlot(Known(7, 1.0), Unknown("nobody looked")),
    )
    said = closing_words(replace(plain, world=replace(plain.world, router=router)))
    assert "those of blue, one after the other: 5 ended so far, 7 are left" == said
