"""What a deploy would do: where the release would go, in which steps, how long, what cannot be noticed on the way."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.cli.show.beside import replays
from verdigris.cli.show.foreseen import Foreseen, foreseen_lines
from verdigris.cli.show.ink import Ink, Line, line
from verdigris.cli.show.labelled import labelled
from verdigris.cli.show.noticing import Traffic, blind_spots, finds, never
from verdigris.config import Settings
from verdigris.config.units import duration_text as duration
from verdigris.core.deployment import Deployment
from verdigris.core.intake import FIRST
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.policy import Policy
from verdigris.core.world import Release, Slot

__all__ = ["Plan", "plan_lines", "planned"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A deploy that was not made. `refused` says why it would not begin now."""

    app: str
    slot: Slot
    serving: Release | None
    steps: tuple[tuple[str, str], ...]
    least: float
    given_up: str
    refused: str
    blind: tuple[str, ...]
    finds: str = ""
    schema: Foreseen | None = None
    """What was found of the schema; None where nobody looked."""


def planned(
    settings: Settings,
    newest: Deployment | None,
    traffic: Traffic | None = None,
    schema: Foreseen | None = None,
) -> Plan:
    """The plan for the present configuration after the newest deployment, in the traffic that was seen last."""
    serving = slot_that_serves(newest)
    release = newest.release_in(serving) if newest and serving else None
    slot = serving.other if serving and release else FIRST
    p = settings.policy
    first = release is None
    return Plan(
        app=settings.app,
        slot=slot,
        serving=release,
        steps=tuple(steps(p, slot, release)),
        least=p.bake + (0.0 if first else sum(step.lasts for step in p.ramp[:-1])),
        given_up=given_up(newest),
        refused=refused(newest),
        blind=(*blind_spots(settings, first), *(never(p, traffic) if not first else ())),
        finds=finds(p, traffic) if not first else "",
        schema=schema,
    )


def slot_that_serves(d: Deployment | None) -> Slot | None:
    if d is None:
        return None
    return d.candidate if d.phase in ("succeeded", "stabilize", "decommission", "contract") else d.live


def steps(p: Policy, slot: Slot, serving: Release | None) -> list[tuple[str, str]]:
    """Phase and what happens in it."""
    found = [
        ("preflight", "the machine has room for both slots, router and slots are as believed"),
        *widened(p, serving),
        (
            "provision",
            f"{p.instances} instances in {slot}, {p.surge} starting at a time, at most {duration(p.provision_within)}",
        ),
        (
            "validate",
            f"{p.healthy} healthy answers in a row from each, at most {duration(p.validate_within)}",
        ),
    ]
    found += (
        [("gate", f"a person says yes (`verdigris promote`), at most {duration(p.gate_within)}")]
        if p.gate
        else []
    )
    if serving is None:
        return [
            *found,
            ("cutover", "all traffic at once: it is the first"),
            ("bake", f"{duration(p.bake)} of good evidence"),
        ]
    drain = (
        [("drain", f"requests in {slot.other} finish, at most {duration(p.drain)}")] if not p.holdback else []
    )
    return [
        *found,
        ("cutover", ramp_words(p)),
        *drain,
        (
            "bake",
            f"{duration(p.bake)} of good evidence"
            + (f", {p.holdback} % stay on {slot.other}" if p.holdback else "")
            + replays(p, slot),
        ),
        (
            "stabilize",
            f"{duration(p.stabilize)}: {serving.version} stays hot in {slot.other}, `deploy` has returned by then",
        ),
        ("decommission", f"{serving.version} is torn down"),
        *narrowed(p, serving),
    ]


def widened(p: Policy, serving: Release | None) -> list[tuple[str, str]]:
    """What nobody knows before the release is there: its steps are tried in preflight."""
    if not p.expand:
        return []
    if serving is None:
        return [("expand", "the schema is brought to where the release needs it")]
    proven = f"the schema is widened, if preflight proves on a shadow that {serving.version} works on it"
    return [("expand", f"{proven}; what is unproven {'goes on' if p.unproven_passes else 'is refused'}")]


def narrowed(p: Policy, serving: Release) -> list[tuple[str, str]]:
    words = f"what only {serving.version} needed goes from the schema, if it is proven that the release works without"
    return [("contract", words)] if p.contract else []


def ramp_words(p: Policy) -> str:
    told = [f"{s.to} %" + (f" for {duration(s.lasts)}" if s.lasts else "") for s in p.ramp]
    return " → ".join(told)


def given_up(d: Deployment | None) -> str:
    """Which way back ends with the next deployment."""
    if d is None or d.phase != "stabilize" or d.previous is None:
        return ""
    return f"{d.previous.version} in {d.live} is kept hot for {d.id}: deploying now tears it down, the way back with it"


def refused(d: Deployment | None) -> str:
    if d is None or d.phase in ENDINGS or d.phase == "stabilize":
        return ""
    return f"{d.id} ({d.release.version}) is in {d.phase}: a deploy now is refused (exit 14), --queue waits for it"


def plan_lines(plan: Plan, width: int) -> list[Line]:
    """The plan on a terminal."""
    beside = f"{plan.serving.version} serves in {plan.slot.other}" if plan.serving else "nothing serves yet"
    lines = [line((f"{plan.app}  ", Ink.BOLD), f"the next release goes to {plan.slot}, {beside}"), ()]
    for phase, words in plan.steps:
        lines += labelled(phase, words, width)
    lines += foreseen_lines(plan.schema, width) if plan.schema else []
    lines += [
        (),
        *labelled("deploy returns", f"after {duration(plan.least)} of good evidence at the earliest", width),
    ]
    lines += labelled("finds", plan.finds, width) if plan.finds else []
    for label, text, ink in (("gives up", plan.given_up, Ink.WARN), ("not now", plan.refused, Ink.BAD)):
        lines += labelled(label, text, width, ink) if text else []
    for index, text in enumerate(plan.blind):
        lines += labelled("cannot notice" if not index else "", text, width, Ink.WARN)
    return lines
