"""One look at everything that a decision may know. What cannot be seen becomes `Unknown`, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar, cast

from verdigris.core.deployment import Deployment
from verdigris.core.errors import VerdigrisError
from verdigris.core.outcomes import Outcomes, checked, with_outcomes
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
        changed(parts, d, within),
        optional(parts.rehearser, within, "the rehearsal"),
    )
    # A source only says what it has: asked last, so that nothing it says is about a later second than ours.
    outcomes = await heard(parts, within)
    return World(
        now=parts.clock.now(),
        base=parts.clock.base(),
        slots=slots,
        router=router,
        signals=with_outcomes(signals, outcomes),
        checklist=with_source(checklist, d, p, outcomes, parts.clock.now()),
        schema=schema,
        rehearsal=rehearsal,
        commands=commands,
        wall=parts.clock.wall(),
        outcomes=outcomes.slots if outcomes else None,
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


async def heard(parts: Parts, within: Deadline[Any]) -> Outcomes | None:
    """What the source of outcomes says; None where none is configured."""
    if parts.source is None:
        return None
    found = await answer(parts.source.observe, within, "the source of outcomes", silent)
    return cast(Outcomes, found)


def with_source(
    checklist: Seen[Any], d: Deployment, p: Policy, outcomes: Outcomes | None, now: float
) -> Seen[Any]:
    """The checklist with the source's own line. The first release has nothing beside it that could be counted."""
    if outcomes is None or d.phase != "preflight" or d.previous is None or isinstance(checklist, Unknown):
        return checklist
    line = checked(outcomes, d.live, now, p.outcomes_within)
    return line if isinstance(line, Unknown) else Known((*checklist.value, line.value), now)


async def changed(parts: Parts, d: Deployment, within: Deadline[Any]) -> Seen[Any]:
    """Where the schema stands on the way from one release to the next."""
    if parts.schema is None:
        return NO_TOOL
    return await answer(partial(parts.schema.observe, d), within, "the schema", Unknown)


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


def silent(why: str) -> Outcomes:
    """A source that says nothing."""
    return Outcomes(slots=PerSlot(Unknown(why), Unknown(why)))


def blind_slots(why: str) -> PerSlot[Unknown]:
    return PerSlot(Unknown(why), Unknown(why))
