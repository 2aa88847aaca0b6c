"""What a deploy would do: where the release would go, in which steps, how long, what cannot be noticed on the way."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.cli.show.amounts import per_second
from verdigris.cli.show.beside import compared, compares, replayed_of, replays, unseen, useless
from verdigris.cli.show.counting import uncounted
from verdigris.cli.show.ink import Ink, Line, line, wrapped
from verdigris.config import Settings
from verdigris.config.units import duration_text as duration
from verdigris.core.deployment import Deployment
from verdigris.core.intake import FIRST
from verdigris.core.judging.telling import percent
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.policy import Policy
from verdigris.core.tallies import total
from verdigris.core.trials import foreseen
from verdigris.core.world import Release, Slot, Unknown
from verdigris.ports import Snapshot

__all__ = ["Plan", "Traffic", "blind_spots", "plan_lines", "planned", "traffic_of"]

LABEL = 15
MORE_THAN_ANYBODY = 1e6
"""Requests a second: what is not found in so many is not found for want of time."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of users per second, and the part of them that fails. How many were replayed, and could be compared."""

    rate: float
    failing: float
    replayed: int = 0
    compared: int = 0


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


def planned(settings: Settings, newest: Deployment | None, traffic: Traffic | None = None) -> Plan:
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
    )


def slot_that_serves(d: Deployment | None) -> Slot | None:
    if d is None:
        return None
    return d.candidate if d.phase in ("succeeded", "stabilize", "decommission", "contract") else d.live


def steps(p: Policy, slot: Slot, serving: Release | None) -> list[tuple[str, str]]:
    """Phase and what happens in it."""
    found = [
        ("preflight", "the machine has room for both slots, router and slots are as believed"),
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
    ]


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


def blind_spots(settings: Settings, first: bool) -> list[str]:
    """What this configuration cannot notice, each with the key that would change it."""
    p, found = settings.policy, []
    if first:
        found.append("the first deployment has nothing to be compared with and nothing to go back to")
    elif len(p.ramp) == 1:
        found.append(
            f"[{p.ramp[0].to}%] moves everything at once: a regression is only seen after all users have it "
            "(cutover.ramp)"
        )
    else:
        found.append(smallest(p))
    found += [] if first else unseen(p)
    found += uncounted(settings, first)
    if p.max_p99 is None and (first or not compares(p)):
        found.append("slowness is not looked at, only failures (bake.max_p99)")
    if settings.route.http2:
        found.append(
            "a gRPC call that fails is HTTP status 200: only what the application counts itself is judged "
            "(route.http2, verdigris_kit.grpc)"
        )
    if not settings.health.body and settings.health.grpc is None:
        found.append("a health answer counts by its status alone, whatever it says (health.body)")
    return found


def finds(p: Policy, traffic: Traffic | None) -> str:
    """The smallest regression that the judge would find in this traffic."""
    found = foreseen(p, traffic.rate, traffic.failing) if traffic and compared(p) else None
    if traffic is None or found is None:
        return ""
    times = f", {found.ratio:.2g} times today's {percent(traffic.failing)}" if found.ratio else ""
    seen = f"in the {per_second(traffic.rate)} that were seen last"
    seen += f" and {per_second(p.replay)} replayed, if all of those can be compared" if p.replay else ""
    return f"an error rate of {percent(found.rate)} or more{times}, {seen} (95 of 100 times)"


def never(p: Policy, traffic: Traffic | None) -> list[str]:
    """That little or nothing would be found however bad it were."""
    if not compared(p):
        return []
    if foreseen(p, MORE_THAN_ANYBODY, 0.0) is None:
        return [too_short(p)]
    if traffic is None:
        return []
    if foreseen(p, traffic.rate, traffic.failing) is not None:
        return useless(traffic.replayed, traffic.compared) if p.replay else []
    seen = per_second(traffic.rate)
    said = f"in the {seen} that were seen last the judge could not find any regression, however bad"
    wants = "It needs more traffic on both slots, or more time (cutover.ramp, bake.for, judge.grace)"
    return [f"{said}: only the limits of `bake` watch. {wants}"]


def too_short(p: Policy) -> str:
    together = f"both slots have too little time together after the grace of {duration(p.grace)}"
    said = f"however much traffic there is, the judge could not find any regression, for {together}"
    wants = "It needs longer steps, a holdback, a longer bake or a shorter grace"
    keys = "cutover.ramp, bake.holdback, bake.for, judge.grace"
    return f"{said}: only the limits of `bake` watch. {wants} ({keys})"


def traffic_of(s: Snapshot | None) -> Traffic | None:
    """What users sent in the last seconds that were seen; None where nobody looked."""
    if s is None or isinstance(s.world.signals, Unknown) or not s.world.signals.value:
        return None
    seconds = s.world.signals.value
    seen = [total(seconds, slot) for slot in Slot]
    requests = sum(t.requests - t.own for t in seen)
    failed = sum(t.failures - t.own_failed for t in seen)
    failing = failed / requests if requests else 0.0
    return Traffic(requests / len(seconds), failing, *replayed_of(seconds))


def smallest(p: Policy) -> str:
    """What the first step can see: it needs its sample."""
    rate = p.min_requests / p.judge_over / (p.ramp[0].to / 100)
    return (
        f"at {p.ramp[0].to} % fewer than {rate:.1f} requests/s in all say nothing about the error rate: "
        f"{p.min_requests} of them are needed within {duration(p.judge_over)} (bake.min_requests)"
    )


def plan_lines(plan: Plan, width: int) -> list[Line]:
    """The plan on a terminal."""
    beside = f"{plan.serving.version} serves in {plan.slot.other}" if plan.serving else "nothing serves yet"
    lines = [line((f"{plan.app}  ", Ink.BOLD), f"the next release goes to {plan.slot}, {beside}"), ()]
    for phase, words in plan.steps:
        lines += labelled(phase, words, width)
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


def labelled(label: str, text: str, width: int, ink: Ink = Ink.PLAIN) -> list[Line]:
    rows = wrapped(text, max(width - LABEL - 2, 16), ink)
    names = [label, *[""] * len(rows)]
    return [
        (*line((f"  {name.ljust(LABEL)}", Ink.DIM)), *row) for name, row in zip(names, rows, strict=False)
    ]
