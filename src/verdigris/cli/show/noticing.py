"""What a deploy could notice of a release that is worse, and what not: by its configuration, and by today's traffic."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.cli.show.amounts import per_second
from verdigris.cli.show.beside import compared, compares, replayed_of, unseen, useless
from verdigris.cli.show.counting import uncounted
from verdigris.config import Settings
from verdigris.config.units import duration_text as duration
from verdigris.core.judging.telling import percent
from verdigris.core.policy import Policy
from verdigris.core.tallies import total
from verdigris.core.trials import foreseen
from verdigris.core.world import Slot, Unknown
from verdigris.ports import Snapshot

__all__ = ["Traffic", "blind_spots", "finds", "never", "traffic_of"]

MORE_THAN_ANYBODY = 1e6
"""Requests a second: what is not found in so many is not found for want of time."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Requests of users per second, and the part of them that fails. How many were replayed, and could be compared."""

    rate: float
    failing: float
    replayed: int = 0
    compared: int = 0


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
