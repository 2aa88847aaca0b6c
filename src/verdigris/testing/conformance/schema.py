"""What every tool that moves a schema has to keep. Each check gets a fresh scene and raises AssertionError.

@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_my_tool(check): await check(my_scene)

A scene has two releases. The candidate's has something to expand and something to contract, and all of it is proven.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from verdigris.core.deployment import Deployment
from verdigris.core.world import Proven, SchemaState
from verdigris.ports import SchemaTool
from verdigris.testing.conformance.claims import Waiting, eventually, holds, same, seen

__all__ = ["CHECKS", "Check", "Scene"]


class Scene(Waiting, Protocol):
    """A tool, the deployment that it works for, and the database that it works on."""

    tool: SchemaTool
    d: Deployment

    def production(self) -> tuple[bool, bool]:
        """Whether production is expanded, and whether it is contracted."""
        ...

    async def another_controller(self) -> None:
        """The one that had the tool is gone, and another has one of its own."""
        ...

    async def stand_still(self) -> None:
        """The job that was begun is at work, and goes no further until `go_on`."""
        ...

    async def go_on(self) -> None: ...

    async def kill(self) -> None:
        """The job that stands still ends where it is."""
        ...

    async def fail(self) -> None:
        """Until `mend`, whatever is tried cannot reach production."""
        ...

    async def mend(self) -> None: ...

    async def later(self) -> None:
        """So much time passes that what failed is due again, and sessions are counted anew."""
        ...

    async def come(self) -> None:
        """Somebody is connected as the old slot's role."""
        ...

    async def leave(self) -> None: ...

    async def a_day(self) -> None:
        """More than a day passes, here and there."""
        ...

    def kept(self) -> bool:
        """Whether what the contract took away can still be had back."""
        ...

    async def forbid(self) -> None:
        """From now on no contract can be carried out, however often it is tried."""
        ...


Check = Callable[[Scene], Awaitable[None]]


async def nothing_is_known_before_anybody_asks(scene: Scene) -> None:
    state = await look(scene, "preflight")
    same((False, False), (state.expanded, state.contracted), "what is carried out")
    same((Proven.OWED,) * 3, answers(state), "what is proven")
    same((False, 0), (state.running, state.previous_sessions), "what is under way, and who is connected")


async def each_phase_has_its_own_question_and_its_own_deed(scene: Scene) -> None:
    await done(scene, "preflight", scene.tool.prove)
    await done(scene, "preflight", scene.tool.prove)
    same((Proven.PROVEN, Proven.OWED, Proven.OWED), answers(await look(scene, "preflight")), "asked twice")
    same((False, False), scene.production(), "production after a proof")
    state = await done(scene, "expand", scene.tool.expand)
    same((True, False), (state.expanded, state.contracted), "what is told of it once it is expanded")
    same((True, False), scene.production(), "production once it is expanded")
    state = await done(scene, "gate", scene.tool.prove)
    same((Proven.PROVEN, Proven.PROVEN, Proven.OWED), answers(state), "after the gate")
    state = await done(scene, "contract", scene.tool.prove)
    same((Proven.PROVEN,) * 3, answers(state), "before the contract")
    same((True, False), scene.production(), "production before the contract")
    state = await done(scene, "contract", scene.tool.contract)
    same((True, True), (state.expanded, state.contracted), "what is told of it at the end")
    same((True, True), scene.production(), "production at the end")


async def one_job_at_a_time(scene: Scene) -> None:
    await done(scene, "preflight", scene.tool.prove)
    await scene.tool.prove(at(scene, "gate"))
    await scene.stand_still()
    holds((await look(scene, "gate")).running, "a job is under way")
    await scene.tool.expand(at(scene, "expand"))
    await scene.go_on()
    state = await idle(scene, "gate")
    same((Proven.PROVEN, False), (state.serves, state.expanded), "what came of the first, and of the second")
    same((False, False), scene.production(), "production, which the second did not reach")


async def another_controller_finds_the_job_and_what_it_came_to(scene: Scene) -> None:
    await done(scene, "preflight", scene.tool.prove)
    await scene.tool.expand(at(scene, "expand"))
    await scene.stand_still()
    await scene.another_controller()
    holds((await look(scene, "expand")).running, "the job of the controller before is under way")
    await scene.tool.expand(at(scene, "expand"))
    await scene.go_on()
    state = await idle(scene, "expand")
    same((True, Proven.PROVEN), (state.expanded, state.keeps), "what it came to, and what was proven before")


async def a_job_that_is_gone_may_be_begun_again(scene: Scene) -> None:
    await done(scene, "preflight", scene.tool.prove)
    await scene.tool.expand(at(scene, "expand"))
    await scene.stand_still()
    await scene.kill()
    state = await idle(scene, "expand")
    same((False, Proven.PROVEN), (state.expanded, state.keeps), "what it left")
    await scene.later()
    state = await done(scene, "expand", scene.tool.expand)
    same((True, (True, False)), (state.expanded, scene.production()), "what the next one came to")


async def what_failed_is_told_and_tried_again_later(scene: Scene) -> None:
    await scene.fail()
    await scene.tool.prove(at(scene, "preflight"))
    await eventually(scene, lambda: failed(scene, "preflight"), "a word of why it failed")
    await scene.mend()
    await scene.later()
    state = await done(scene, "preflight", scene.tool.prove)
    same(Proven.PROVEN, state.keeps, "what the next try came to")


async def a_release_that_is_deployed_again_is_asked_anew(scene: Scene) -> None:
    await widened(scene)
    scene.d = replace(scene.d, id="d-99")
    same((Proven.OWED,) * 3, answers(await look(scene, "preflight")), "what is proven of the next deployment")
    state = await done(scene, "preflight", scene.tool.prove)
    same((True, False), (state.expanded, state.contracted), "what production has already")


async def a_contract_is_held_up_by_who_is_left_and_given_up_where_it_cannot_be(scene: Scene) -> None:
    await ready_to_contract(scene)
    await scene.come()
    await scene.later()
    same(0, (await look(scene, "stabilize")).previous_sessions, "who is counted while nobody asks")
    same(1, (await look(scene, "contract")).previous_sessions, "who is counted when the contract is due")
    await scene.tool.contract(at(scene, "contract"))
    await eventually(scene, lambda: failed(scene, "contract"), "a word of who is in the way")
    same((True, False), scene.production(), "production under a session of the old slot")
    await scene.leave()
    await scene.later()
    same(0, (await look(scene, "contract")).previous_sessions, "who is counted after that")
    await scene.forbid()
    state = await done(scene, "contract", scene.tool.contract)
    same((Proven.DISPROVEN, False), (state.contracts, state.contracted), "what is told of it")
    same((True, False), scene.production(), "production, which is left as it is")


async def what_a_contract_took_away_is_dropped_when_it_has_had_its_day(scene: Scene) -> None:
    await ready_to_contract(scene)
    state = await done(scene, "contract", scene.tool.contract)
    same((True, False, True), (state.contracted, state.due, scene.kept()), "what is kept after the contract")
    await done(scene, "succeeded", scene.tool.drop)
    same(True, scene.kept(), "whether it is kept though somebody asked to drop it")
    await scene.a_day()
    same((True, True), ((await look(scene, "succeeded")).due, scene.kept()), "what is due a day later")
    state = await done(scene, "succeeded", scene.tool.drop)
    same((False, False), (state.due, scene.kept()), "what is left of it")
    same((True, True), scene.production(), "production after that")


CHECKS: tuple[Check, ...] = (
    nothing_is_known_before_anybody_asks,
    each_phase_has_its_own_question_and_its_own_deed,
    one_job_at_a_time,
    another_controller_finds_the_job_and_what_it_came_to,
    a_job_that_is_gone_may_be_begun_again,
    what_failed_is_told_and_tried_again_later,
    a_release_that_is_deployed_again_is_asked_anew,
    a_contract_is_held_up_by_who_is_left_and_given_up_where_it_cannot_be,
    what_a_contract_took_away_is_dropped_when_it_has_had_its_day,
)


def at(scene: Scene, phase: str) -> Deployment:
    return replace(scene.d, phase=phase)


def answers(state: SchemaState) -> tuple[Proven, Proven, Proven]:
    return state.keeps, state.serves, state.contracts


async def look(scene: Scene, phase: str) -> SchemaState:
    return seen(await scene.tool.observe(at(scene, phase)), "the schema")


async def idle(scene: Scene, phase: str) -> SchemaState:
    """What is seen once nothing is under way."""

    async def over() -> SchemaState | None:
        state = await look(scene, phase)
        return None if state.running else state

    return await eventually(scene, over, "the job to end")


async def done(scene: Scene, phase: str, verb: Callable[[Deployment], Awaitable[None]]) -> SchemaState:
    """What came of a job that was begun in this phase."""
    await verb(at(scene, phase))
    return await idle(scene, phase)


async def failed(scene: Scene, phase: str) -> bool:
    """Whether it is told that a job failed, and nothing came of it."""
    state = await look(scene, phase)
    return bool(state.sentence) and not state.contracted


async def widened(scene: Scene) -> None:
    await done(scene, "preflight", scene.tool.prove)
    await done(scene, "expand", scene.tool.expand)


async def ready_to_contract(scene: Scene) -> None:
    await widened(scene)
    await done(scene, "gate", scene.tool.prove)
    await done(scene, "contract", scene.tool.prove)
