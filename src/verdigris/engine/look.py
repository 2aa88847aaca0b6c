"""One look at everything that a decision may know. What cannot be seen becomes `Unknown`, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from verdigris.core.deployment import Deployment
from verdigris.core.errors import VerdigrisError
from verdigris.core.policy import Policy
from verdigris.core.world import Command, Known, PerSlot, RouterWorld, Seen, Unknown, World
from verdigris.engine.parts import Deadline, Parts, Together

__all__ = ["LOOK_WITHIN", "blind_router", "look"]

LOOK_WITHIN = 3.0
"""Seconds that one adapter may take to answer; what it would have said is unknown then."""

LATER = Unknown("gone through in preflight")
NO_TOOL = Unknown("not configured")
T = TypeVar("T")


async def look(
    parts: Parts,
    d: Deployment,
    p: Policy,
    commands: tuple[Command, ...],
    together: Together,
    within: Deadline[Any],
) -> World:
    """The world as seen now. Slow adapters are looked at side by side and cost their own part only."""
    router, slots, signals, checklist, schema, rehearsal = await together(
        answer(parts.router.observe, within, "the router", blind_router),
        answer(parts.environment.observe, within, "the environment", blind_slots),
        answer(parts.signals.observe, within, "the request counts", Unknown),
        checks(parts, d, p, within),
        optional(parts.schema, within, "the schema"),
        optional(parts.rehearser, within, "the rehearsal"),
    )
    return World(
        now=parts.clock.now(),
        base=parts.clock.base(),
        slots=slots,
        router=router,
        signals=signals,
        checklist=checklist,
        schema=schema,
        rehearsal=rehearsal,
        commands=commands,
        wall=parts.clock.wall(),
    )


async def answer(
    observe: Callable[[], Coroutine[Any, Any, T]],
    within: Deadline[Any],
    what: str,
    blind: Callable[[str], Any],
) -> T | Any:
    try:
        return await within(observe(), LOOK_WITHIN, what)
    except VerdigrisError as error:
        return blind(str(error))


async def checks(parts: Parts, d: Deployment, p: Policy, within: Deadline[Any]) -> Seen[Any]:
    """The checklist is gone through only while it is waited for."""
    if d.phase != "preflight":
        return LATER
    check = partial(parts.environment.check, d.release, p.instances)
    found = await answer(check, within, "the checklist", Unknown)
    return found if isinstance(found, Unknown) else Known(found, parts.clock.now())


async def optional(tool: Any, within: Deadline[Any], what: str) -> Seen[Any]:
    if tool is None:
        return NO_TOOL
    return await answer(tool.observe, within, what, Unknown)


def blind_router(why: str) -> RouterWorld:
    """A router that nothing is known of."""
    unseen = Unknown(why)
    return RouterWorld(
        unseen, PerSlot(unseen, unseen), PerSlot(unseen, unseen), unseen, PerSlot(unseen, unseen)
    )


def blind_slots(why: str) -> PerSlot[Unknown]:
    return PerSlot(Unknown(why), Unknown(why))
