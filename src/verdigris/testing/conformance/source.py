"""What every source of outcomes has to keep. Each check gets a fresh scene and raises AssertionError.

@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_my_source(check): await check(my_scene)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from verdigris.core.outcomes import Outcomes
from verdigris.core.world import SLOTS, Known, Slot
from verdigris.ports import Source
from verdigris.testing.conformance.claims import Waiting, eventually, holds, same

__all__ = ["CHECKS", "Check", "Scene"]

BLUE, GREEN = Slot.BLUE, Slot.GREEN


class Scene(Waiting, Protocol):
    """A source, and what it counts. `pause` lets so much time pass that it is asked again before long."""

    source: Source

    async def count(self, slot: Slot, good: int, bad: int) -> None:
        """So many more requests come to something."""
        ...

    async def begin_anew(self, slot: Slot) -> None:
        """The process that counts in the slot begins again, at 0."""
        ...

    async def go_silent(self) -> None:
        """From now on nobody answers."""
        ...

    async def speak(self) -> None:
        """They answer again."""
        ...


Check = Callable[[Scene], Awaitable[None]]


async def before_the_first_answer_nothing_came(scene: Scene) -> None:
    same((), (await scene.source.observe()).polls, "what came before anybody counted")
    await answered(scene)
    same(((0, 0), (0, 0)), totals(await answered(scene)), "what came since the process began: nobody saw it")


async def what_came_is_told_once_and_to_whom(scene: Scene) -> None:
    await answered(scene)
    await scene.count(BLUE, 90, 3)
    await scene.count(GREEN, 9, 0)
    await told(scene, (90, 3), (9, 0))
    for _ in range(5):
        await answered(scene)
    same(((90, 3), (9, 0)), totals(await scene.source.observe()), "what came, after further answers")


async def a_poll_stands_in_its_own_time(scene: Scene) -> None:
    await answered(scene)
    began = int(scene.clock.now())
    await scene.count(BLUE, 1, 1)
    await told(scene, (1, 1), (0, 0))
    moments = [poll.at for poll in (await scene.source.observe()).polls]
    same(sorted(set(moments)), moments, "the seconds of its polls, each once and in order")
    holds(all(began <= at <= scene.clock.now() for at in moments), "they are those in which answers came")


async def a_process_that_begins_anew_takes_nothing_away_and_adds_nothing(scene: Scene) -> None:
    await answered(scene)
    await scene.count(GREEN, 500, 40)
    await told(scene, (0, 0), (500, 40))
    await scene.begin_anew(GREEN)
    await answered(scene)
    await scene.count(GREEN, 7, 1)
    await told(scene, (0, 0), (507, 41))


async def who_does_not_answer_is_known_by_it(scene: Scene) -> None:
    await answered(scene)
    before = (await scene.source.observe()).slots
    await scene.go_silent()

    async def said() -> bool:
        return all(isinstance(s, Known) and s.value for s in both(await scene.source.observe()))

    await eventually(scene, said, "a word of why nobody answers")
    last = both(await scene.source.observe())
    holds(
        all(isinstance(s, Known) and s.seen_at <= scene.clock.now() for s in last),
        "it says when it last counted",
    )
    holds(isinstance(before.blue, Known), "it had counted before")
    await scene.speak()
    await answered(scene)
    holds(
        all(isinstance(s, Known) and not s.value for s in both(await scene.source.observe())),
        "it is well again",
    )


CHECKS: tuple[Check, ...] = (
    before_the_first_answer_nothing_came,
    what_came_is_told_once_and_to_whom,
    a_poll_stands_in_its_own_time,
    a_process_that_begins_anew_takes_nothing_away_and_adds_nothing,
    who_does_not_answer_is_known_by_it,
)


def both(found: Outcomes) -> list[object]:
    return [found.slots[slot] for slot in SLOTS]


async def answered(scene: Scene) -> Outcomes:
    """What it says after one more answer of both slots."""
    since = scene.clock.now()
    await scene.pause()

    async def look() -> Outcomes | None:
        found = await scene.source.observe()
        new = (isinstance(s, Known) and not s.value and s.seen_at > since for s in both(found))
        return found if all(new) else None

    return await eventually(scene, look, "an answer")


def totals(found: Outcomes) -> tuple[tuple[int, int], tuple[int, int]]:
    came = [[poll.slots[slot] or (0, 0) for poll in found.polls] for slot in SLOTS]
    blue, green = ((sum(good for good, _ in one), sum(bad for _, bad in one)) for one in came)
    return blue, green


async def told(scene: Scene, blue: tuple[int, int], green: tuple[int, int]) -> None:
    """In all, so much came."""

    async def look() -> bool:
        return totals(await scene.source.observe()) == (blue, green)

    await eventually(scene, look, f"{blue} in blue and {green} in green")
