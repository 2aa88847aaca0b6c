"""What every store and desk has to keep. Each check gets a fresh pair over the same rows, and raises AssertionError.

@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_my_store(check): await check(my_store, my_desk)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from verdigris.core.deployment import FORMAT, Answered, Note
from verdigris.core.errors import Conflict
from verdigris.core.world import Command, Verb
from verdigris.ports import Desk, Store
from verdigris.testing.conformance import store_counts, store_log
from verdigris.testing.conformance.claims import same
from verdigris.testing.conformance.examples import at, example_filed, example_saved

__all__ = ["CHECKS", "Check"]

Check = Callable[[Store, Desk], Awaitable[None]]

WALL = 1_700_000_000.5
RACERS = 8


async def conflicts(work: Awaitable[Any], what: str) -> None:
    try:
        await work
    except Conflict:
        return
    raise AssertionError(f"{what} was taken, a Conflict was expected")


# --- deployments ----------------------------------------------------------------------------------------------


async def an_empty_store_knows_nothing(store: Store, desk: Desk) -> None:
    same(None, await store.load("api"), "the newest deployment")
    same(((), ()), (await store.commands("api"), await store.filed("api")), "what waits")
    same((None, (), ()), (desk.newest(), desk.deployments(), desk.events()), "what the desk sees")


async def what_was_saved_is_loaded_whole(store: Store, desk: Desk) -> None:
    await store.save(example_saved(), None, (), (), WALL)
    same(example_saved(), await store.load("api"), "the loaded deployment")
    same(example_saved(), desk.newest("api"), "the desk's deployment")


async def a_save_needs_the_generation_that_is_stored(store: Store, desk: Desk) -> None:
    saved = example_saved()
    await store.save(saved, None, (), (), WALL)
    await store.save(at(saved, 1), 0, (), (), WALL)
    note, answer = (Note("phase", "no trace"),), (Answered(1, True, "no trace"),)
    await conflicts(store.save(at(saved, 2, phase="bake"), 0, note, answer, WALL), "an old generation")
    await conflicts(
        store.save(at(saved, 2, phase="bake"), 7, note, answer, WALL), "a generation nobody wrote"
    )
    await conflicts(store.save(at(saved, 2, phase="bake"), None, note, answer, WALL), "a second beginning")
    same(at(saved, 1), await store.load("api"), "the deployment after three conflicts")
    same((), desk.events(), "the events of writes that were refused")


async def a_save_of_what_does_not_exist_is_a_conflict(store: Store, desk: Desk) -> None:
    await conflicts(store.save(example_saved(), 0, (), (), WALL), "a generation of nothing")
    same(None, desk.newest(), "the newest deployment")


async def of_many_writers_one_wins(store: Store, desk: Desk) -> None:
    saved = example_saved()
    await store.save(saved, None, (), (), WALL)
    racers = [
        store.save(at(saved, 1, actor=f"{n}"), 0, (Note("won", f"{n}"),), (), WALL) for n in range(RACERS)
    ]
    outcomes = await asyncio.gather(*racers, return_exceptions=True)
    same(1, outcomes.count(None), "how many writers won")
    same(RACERS - 1, sum(isinstance(o, Conflict) for o in outcomes), "how many were told of the conflict")
    winner = str(outcomes.index(None))
    same([winner], [event.sentence for event in desk.events()], "the events")
    loaded = await store.load("api")
    same(winner, loaded and loaded.deployment.actor, "the writer")


async def the_newest_deployment_is_the_last_begun(store: Store, desk: Desk) -> None:
    for number in (1, 2, 10):
        await store.save(example_saved(number=number, generation=number), None, (), (), WALL)
    loaded = await store.load("api")
    same("d-10", loaded and loaded.deployment.id, "the newest")
    same(["d-10", "d-2", "d-1"], [s.deployment.id for s in desk.deployments()], "the newest first")
    same(["d-10"], [s.deployment.id for s in desk.deployments(limit=1)], "one of them")


async def a_deployment_that_another_followed_is_never_written_again(store: Store, desk: Desk) -> None:
    for number in (1, 2):
        await store.save(example_saved(number=number), None, (), (), WALL)
    await conflicts(store.save(at(example_saved(), 1), 0, (), (), WALL), "an earlier deployment")
    await conflicts(store.save(example_saved(), None, (), (), WALL), "the beginning of an earlier deployment")
    same(example_saved(number=2), await store.load("api"), "the newest deployment")


async def apps_do_not_see_each_other(store: Store, desk: Desk) -> None:
    await store.save(example_saved("api"), None, (), (), WALL)
    await store.save(example_saved("search"), None, (), (), WALL)
    await store.save(at(example_saved("api"), 1, phase="bake"), 0, (), (), WALL)
    desk.file("search", Command(0, Verb.HOLD, "somebody"))
    desk.file_deployment(example_filed(app="search"))
    same(((), ()), (await store.commands("api"), await store.filed("api")), "what waits for api")
    same(
        (1, 1),
        (len(await store.commands("search")), len(await store.filed("search"))),
        "what waits for search",
    )
    same(example_saved("search"), await store.load("search"), "the untouched deployment")


async def a_phase_of_a_newer_version_is_loaded_as_it_is(store: Store, desk: Desk) -> None:
    newer = at(example_saved(), 0, phase="levitate")
    await store.save(newer, None, (), (), WALL)
    same(newer, await store.load("api"), "the deployment")


async def a_format_of_a_newer_version_is_never_written(store: Store, desk: Desk) -> None:
    newer = at(example_saved(), 0, format=FORMAT + 1)
    await conflicts(store.save(newer, None, (), (), WALL), "a format that nobody here knows the whole of")


# --- commands -------------------------------------------------------------------------------------------------


async def commands_wait_in_order_until_they_are_answered(store: Store, desk: Desk) -> None:
    asked = [Command(0, Verb.HOLD, "somebody", "lunch", "d-1"), Command(0, Verb.ROLLBACK, "somebody")]
    first, second = [desk.file("api", command) for command in asked]
    same(
        [replace(asked[0], id=first), replace(asked[1], id=second)],
        list(await store.commands("api")),
        "what waits",
    )
    same(None, desk.answer(first), "the answer before there is one")
    await store.save(example_saved(), None, (), (Answered(first, False, "nothing to hold"),), WALL)
    same((False, "nothing to hold"), desk.answer(first), "the answer")
    same([second], [command.id for command in await store.commands("api")], "what still waits")


async def an_answer_stays(store: Store, desk: Desk) -> None:
    number = desk.file("api", Command(0, Verb.HOLD, "somebody"))
    await store.save(example_saved(), None, (), (Answered(number, True, "held"),), WALL)
    await store.save(at(example_saved(), 1), 0, (), (Answered(number, False, "late"),), WALL)
    same((True, "held"), desk.answer(number), "the answer")


# --- requests for a deployment --------------------------------------------------------------------------------


async def a_request_waits_until_it_is_settled(store: Store, desk: Desk) -> None:
    number = desk.file_deployment(example_filed())
    filed = replace(example_filed(), id=number)
    same((filed,), await store.filed("api"), "what waits")
    same(None, desk.admission(number), "the admission before there is one")
    await store.settle(filed, True, "d-1 deploys 2", "d-1")
    same((True, "d-1 deploys 2", "d-1"), desk.admission(number), "the admission")
    await store.settle(filed, False, "late")
    same((True, "d-1 deploys 2", "d-1"), desk.admission(number), "the admission after a second answer")
    same((), await store.filed("api"), "what still waits")


async def a_refused_request_names_no_deployment(store: Store, desk: Desk) -> None:
    number = desk.file_deployment(example_filed())
    await store.settle(replace(example_filed(), id=number), False, "busy")
    same((False, "busy", ""), desk.admission(number), "the refusal")


async def a_refused_request_can_be_made_again(store: Store, desk: Desk) -> None:
    number = desk.file_deployment(example_filed())
    await store.settle(replace(example_filed(), id=number), False, "busy")
    again = replace(example_filed(), queue=True)
    same(number, desk.file_deployment(again), "the id of the request that is made again")
    same(
        (None, (replace(again, id=number),)), (desk.admission(number), await store.filed("api")), "what waits"
    )
    await store.settle(replace(again, id=number), True, "d-2 deploys 2", "d-2")
    same((True, "d-2 deploys 2", "d-2"), desk.admission(number), "the admission")


async def the_same_key_is_one_request(store: Store, desk: Desk) -> None:
    number = desk.file_deployment(example_filed("key-1"))
    same(number, desk.file_deployment(example_filed("key-1")), "the id of the repeated request")
    same(1, len(await store.filed("api")), "how many wait")
    await store.settle(replace(example_filed("key-1"), id=number), True, "done", "d-1")
    same(
        number, desk.file_deployment(example_filed("key-1")), "the id of a request repeated after its answer"
    )
    same((), await store.filed("api"), "what waits afterwards")
    other = desk.file_deployment(example_filed("key-2"))
    same(False, other == number, "another key has the same id")


async def a_key_belongs_to_its_release(store: Store, desk: Desk) -> None:
    desk.file_deployment(example_filed(version="2"))
    try:
        desk.file_deployment(example_filed(version="3"))
    except Conflict:
        same(["2"], [filed.release.version for filed in await store.filed("api")], "what waits")
        return
    raise AssertionError("the key of another release was taken, a Conflict was expected")


CHECKS: tuple[Check, ...] = (
    an_empty_store_knows_nothing,
    what_was_saved_is_loaded_whole,
    a_save_needs_the_generation_that_is_stored,
    a_save_of_what_does_not_exist_is_a_conflict,
    of_many_writers_one_wins,
    the_newest_deployment_is_the_last_begun,
    a_deployment_that_another_followed_is_never_written_again,
    apps_do_not_see_each_other,
    a_phase_of_a_newer_version_is_loaded_as_it_is,
    a_format_of_a_newer_version_is_never_written,
    *store_log.CHECKS,
    *store_counts.CHECKS,
    commands_wait_in_order_until_they_are_answered,
    an_answer_stays,
    a_request_waits_until_it_is_settled,
    a_refused_request_names_no_deployment,
    a_refused_request_can_be_made_again,
    the_same_key_is_one_request,
    a_key_belongs_to_its_release,
)
"""All of them; each wants a pair of its own."""
