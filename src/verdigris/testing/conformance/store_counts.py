"""What every store and desk has to keep of what a deployment's trial was told: each second once, and no other's."""

from __future__ import annotations

import json
from typing import Any

from verdigris.core.errors import Conflict
from verdigris.core.judging.counts import Arm, Control, Counts, Route
from verdigris.core.judging.lines import Heading, heading_line, second_line
from verdigris.core.judging.settings import Settings
from verdigris.ports import Counted, Desk, Store
from verdigris.testing.conformance.claims import same
from verdigris.testing.conformance.examples import at, example_saved, example_trial

__all__ = ["CHECKS"]

WALL = 1_700_000_000.5
EDGES = (50.0, 200.5)


def a_second(moment: int, heading: Heading | None = None) -> Counted:
    """One in which no field has its default."""
    live, candidate = Arm(900, 1, (310, 0), 890, 10), Arm(100, 2, (0, 0), 97, 3)
    control = Control(Arm(5, 1, (2, 1)), Arm(5, 2, (3, 2)))
    routes = (Route("GET /orders/{id}", 2, 1, 40, 360), Route("other \u2713", 0, 0, 60, 540))
    counts = Counts(moment, live, candidate, EDGES, 0.1, routes, control)
    return Counted(moment, counts, moment / 8, heading)


def a_heading(**changes: Any) -> Heading:
    return Heading(Settings(grace=0), EDGES, "green", "blue", example_trial().base, **changes)


async def of_nobody_there_are_no_counts(store: Store, desk: Desk) -> None:
    await store.save(example_saved(), None, (), (), WALL)
    same(((), ()), (desk.counts("d-1", "api"), desk.evidence("d-1", "api")), "the counts of a new deployment")


async def what_was_counted_is_told_whole_and_in_order(store: Store, desk: Desk) -> None:
    first = a_second(7, a_heading())
    await store.save(example_saved(), None, (), (), WALL, (first, a_second(8)))
    await store.save(at(example_saved(), 1), 0, (), (), WALL, (a_second(10),))
    lines = [heading_line(a_heading()), *(second_line(a_second(n).counts) for n in (7, 8, 10))]
    same(lines, list(desk.counts("d-1", "api")), "the lines")
    same([7, 8, 10], [json.loads(one)["t"] for one in lines[1:]], "their moments")
    same(((7, 0.875), (8, 1.0), (10, 1.25)), desk.evidence("d-1", "api"), "the evidence")
    same(((), ()), (desk.counts("d-2", "api"), desk.counts("d-1", "shop")), "the counts of others")


async def a_second_is_there_once_however_often_it_is_written(store: Store, desk: Desk) -> None:
    await store.save(example_saved(), None, (), (), WALL, (a_second(7), a_second(8)))
    await store.save(at(example_saved(), 1), 0, (), (), WALL, (a_second(8), a_second(9)))
    same([7, 8, 9], [moment for moment, _ in desk.evidence("d-1", "api")], "the moments")


async def a_write_that_is_refused_counts_nothing(store: Store, desk: Desk) -> None:
    await store.save(example_saved(), None, (), (), WALL, (a_second(7),))
    try:
        await store.save(at(example_saved(), 5), 3, (), (), WALL, (a_second(8),))
    except Conflict:
        same([7], [moment for moment, _ in desk.evidence("d-1", "api")], "the moments after a conflict")
        return
    raise AssertionError("an old generation was taken, a Conflict was expected")


async def a_trial_that_begins_supersedes_and_one_that_goes_on_does_not(store: Store, desk: Desk) -> None:
    await store.save(example_saved(), None, (), (), WALL, (a_second(7, a_heading()), a_second(8)))
    begun = (a_second(9), a_second(10, a_heading()), a_second(11))
    await store.save(at(example_saved(), 1), 0, (), (), WALL, begun)
    same([10, 11], [moment for moment, _ in desk.evidence("d-1", "api")], "the moments of the new trial")
    goes_on = (a_second(12, a_heading(goes_on=True)),)
    await store.save(at(example_saved(), 2), 1, (), (), WALL, goes_on)
    same([10, 11, 12], [moment for moment, _ in desk.evidence("d-1", "api")], "those of one that goes on")
    same(5, len(desk.counts("d-1", "api")), "lines, with two headings")


CHECKS = (
    of_nobody_there_are_no_counts,
    what_was_counted_is_told_whole_and_in_order,
    a_second_is_there_once_however_often_it_is_written,
    a_write_that_is_refused_counts_nothing,
    a_trial_that_begins_supersedes_and_one_that_goes_on_does_not,
)
"""All of them; each wants a pair of its own."""
