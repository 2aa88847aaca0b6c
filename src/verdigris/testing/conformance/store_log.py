"""What every store and desk has to keep of what happened: the event log, and a deployment's way through it."""

from __future__ import annotations

from verdigris.core.deployment import Note
from verdigris.ports import Desk, Store
from verdigris.testing.conformance.claims import same
from verdigris.testing.conformance.examples import at, example_saved

__all__ = ["CHECKS"]

WALL = 1_700_000_000.5


async def events_are_in_order_and_bounded(store: Store, desk: Desk) -> None:
    saved = example_saved()
    await store.save(saved, None, (Note("phase", "0", "seen"),), (), WALL)
    for n in range(1, 6):
        notes = (Note("phase", f"{2 * n - 1}"), Note("alert", f"{2 * n}"))
        await store.save(at(saved, n), n - 1, notes, (), WALL + n)
    events = desk.events()
    same([str(n) for n in range(11)], [event.sentence for event in events], "all events")
    same(sorted({event.number for event in events}), [event.number for event in events], "their numbers")
    first = events[0]
    same(("api", "d-1", 0, "cutover", "phase", "seen", WALL),
         (first.app, first.deployment, first.generation, first.phase, first.kind, first.evidence, first.wall),
         "the first event")  # fmt: skip
    same(["0", "1", "2"], [event.sentence for event in desk.events(limit=3)], "the first three")
    same(["9", "10"], [e.sentence for e in desk.events(after=events[8].number)], "what came after the ninth")
    newest = desk.events(limit=3, newest=True)
    same(["8", "9", "10"], [event.sentence for event in newest], "the newest three, in their order")
    same((), desk.events(deployment="d-2"), "the events of another deployment")


async def a_story_is_told_by_its_turns(store: Store, desk: Desk) -> None:
    saved = example_saved()
    notes = [Note(kind, f"{n}") for n, kind in enumerate(("phase", "action", "step", "alert", "phase"))]
    await store.save(saved, None, tuple(notes), (), WALL)
    turns = desk.turns("d-1", "api")
    same(["0", "2", "4"], [event.sentence for event in turns], "phases and steps")
    later = desk.turns("d-1", "api", after=turns[0].number)
    same(["2", "4"], [event.sentence for event in later], "those after the first")
    same(((), ()), (desk.turns("d-2", "api"), desk.turns("d-1", "shop")), "the turns of others")


async def what_lies_between_is_counted(store: Store, desk: Desk) -> None:
    await store.save(example_saved(), None, tuple(Note("phase", f"{n}") for n in range(5)), (), WALL)
    first, last = (desk.events()[n].number for n in (0, -1))
    same(3, desk.count("d-1", "api", first, last), "what lies between the ends")
    same(5, desk.count("d-1", "api", 0, last + 1), "all that there is")
    same((0, 0), (desk.count("d-2", "api", 0, last), desk.count("d-1", "shop", 0, last)), "that of others")


CHECKS = (events_are_in_order_and_bounded, a_story_is_told_by_its_turns, what_lies_between_is_counted)
"""All of them; each wants a pair of its own."""
