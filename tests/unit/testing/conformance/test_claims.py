"""What a check claims, and how it says that it is not so."""

from __future__ import annotations

import itertools

import pytest

from verdigris.core.errors import Conflict, Refused
from verdigris.core.world import Known, Unknown
from verdigris.testing.conformance.claims import WITHIN, eventually, holds, refuses, same, seen


class Passing:
    """A scene in which time passes only when a check waits."""

    def __init__(self) -> None:
        self.moment = 0.0

    @property
    def clock(self):
        return self

    def now(self) -> float:
        return self.moment

    def base(self) -> str:
        return "boot"

    def wall(self) -> float:
        return self.moment

    async def pause(self) -> None:
        self.moment += 1.0


def test_what_is_the_same_and_what_holds_passes():
    same(1, 1, "the number")
    holds([0], "there is something")
    assert 5 == seen(Known(5, 1.0), "the number")


def test_what_is_not_says_what_was_expected():
    with pytest.raises(AssertionError, match="the number: expected 1, got 2"):
        same(1, 2, "the number")
    with pytest.raises(AssertionError, match="it does not hold that there is something"):
        holds([], "there is something")
    with pytest.raises(AssertionError, match="the number is unknown: no answer"):
        seen(Unknown("no answer"), "the number")


async def raising(error: Exception | None) -> None:
    if error is not None:
        raise error


async def test_only_the_expected_refusal_is_one():
    await refuses(raising(Conflict("x")), Conflict, "it")
    with pytest.raises(AssertionError, match="it was taken, Conflict was expected"):
        await refuses(raising(None), Conflict, "it")
    with pytest.raises(Refused):
        await refuses(raising(Refused("x")), Conflict, "it")


async def test_waiting_ends_with_what_was_seen():
    looks = itertools.chain([0, 0], itertools.repeat(7))

    async def look() -> int:
        return next(looks)

    scene = Passing()
    assert (7, 2.0) == (await eventually(scene, look, "a number"), scene.now())


async def test_waiting_has_a_bound_on_the_clock_of_the_scene():
    async def look() -> int:
        return 0

    scene = Passing()
    with pytest.raises(AssertionError, match=f"waited {WITHIN:g} s for a number, last seen: 0"):
        await eventually(scene, look, "a number")
    assert WITHIN + 1 == scene.now()
