"""Whether the candidate is worse: one pure function from what was counted to a verdict.

Hard floors act at once: every instance gone, a run of failures, the router having turned away by itself.
Above them stand the configured limits, with a minimum sample. A regression is bad; stale, missing or torn
data is unknown, and so is what little is seen of a paused app; fresh data without a regression is good, and the
verdict says how much it could see.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from verdigris.core.conditions import paused
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.words import span
from verdigris.core.world import Known, Second, Slot, Tally, Unknown, World

__all__ = [
    "BINS",
    "Verdict",
    "VerdictKind",
    "bin_of",
    "failing",
    "judge",
    "percentile",
    "since_routed",
    "total",
]

BINS: tuple[int, ...] = (
    *(
        1,
        2,
        3,
        4,
        5,
        6,
        8,
        10,
        12,
        15,
        20,
        25,
        30,
        40,
        50,
        60,
        80,
        100,
        120,
        150,
        200,
        250,
        300,
        400,
        500,
        600,
    ),
    *(
        800,
        1000,
        1200,
        1500,
        2000,
        2500,
        3000,
        4000,
        5000,
        6000,
        8000,
        10_000,
        15_000,
        20_000,
        30_000,
        60_000,
    ),
)
"""Upper bounds of the latency bins in milliseconds; one more bin takes what is slower."""


class VerdictKind(StrEnum):
    """Good and bad are claims; unknown is the honest rest, and time of it counts for nothing."""

    GOOD = "good"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict, the sentence that status shows, and the numbers behind it.

    `attribution` is the slot that the verdict is about, None when it is about none or both.
    """

    kind: VerdictKind
    sentence: str
    evidence: str = ""
    attribution: Slot | None = None


def bin_of(milliseconds: float) -> int:
    """The index in `Tally.latency` that a request of this length belongs to."""
    return bisect_left(BINS, milliseconds)


def judge(d: Deployment, w: World, p: Policy) -> Verdict:
    """The verdict over the candidate at this moment."""
    verdict = floors(d, w, p) or blindness(w, p) or limits(d, w, p)
    return stillness() if verdict.kind is VerdictKind.GOOD and paused(d, w) else verdict


def floors(d: Deployment, w: World, p: Policy) -> Verdict | None:
    """What needs no statistics."""
    reading = w.router.reading
    if isinstance(reading, Known) and reading.value.fell_back_to is d.live:
        return bad(
            d, f"{d.candidate} had no usable instance left and the router turned to {d.live} by itself"
        )
    slot = w.slots[d.candidate]
    if isinstance(slot, Known) and not any(instance.alive for instance in slot.value.instances):
        return bad(d, f"every instance of {d.release.version} in {d.candidate} is gone", last_words(d, w))
    return streak(d, w, p)


def streak(d: Deployment, w: World, p: Policy) -> Verdict | None:
    """A run of nothing but failures, unless the other slot fails just as well: then it is not the release."""
    tallies = [second.slots[d.candidate] for second in since_routed(d, w)]
    if not tallies or tallies[-1].streak < p.dead_streak:
        return None
    # A slot that got nothing still shows the last run of whoever was in it before.
    tail = min(tallies[-1].streak, sum(tally.requests for tally in tallies))
    if tail < p.dead_streak:
        return None
    seconds = recent(d, w, p)
    if failing(total(seconds, d.live), p):
        return shared(d)
    return bad(
        d, f"the last {tail} requests to {d.candidate} all failed", describe(total(seconds, d.candidate))
    )


def blindness(w: World, p: Policy) -> Verdict | None:
    """Whether there is anything to judge from."""
    if isinstance(w.signals, Unknown):
        return unknown(f"no request counts: {w.signals.why}")
    seconds = w.signals.value
    if not seconds or w.now - (seconds[-1].at + 1.0) > p.fresh_within:
        return unknown(f"the newest request counts are older than {span(p.fresh_within)}")
    if seconds[-1].lost:
        return unknown("not every request of the last second is accounted for")
    return None


def stillness() -> Verdict:
    """Nobody is served, so that nothing bad can be seen: that is nobody's merit."""
    return unknown("the app is paused and nobody is served, `verdigris unpause` lets requests through")


def limits(d: Deployment, w: World, p: Policy) -> Verdict:
    """The configured limits over the last `judge_over` seconds."""
    seconds = recent(d, w, p)
    seen = total(seconds, d.candidate)
    if failing(seen, p):
        if failing(total(seconds, d.live), p):
            return shared(d)
        limit = f"limit {p.max_error_rate:.2%}"
        return bad(
            d,
            f"{d.candidate} fails {seen.failures / seen.requests:.1%} of its requests ({limit})",
            describe(seen),
        )
    if p.max_p99 is not None and seen.requests >= p.min_requests and p99(seen) > p.max_p99 * 1000:
        return bad(
            d,
            f"{d.candidate} answers 1 % of its requests slower than {p.max_p99 * 1000:.0f} ms",
            describe(seen),
        )
    return Verdict(VerdictKind.GOOD, good_sentence(seen, p), describe(seen), d.candidate)


def good_sentence(seen: Tally, p: Policy) -> str:
    if seen.requests < p.min_requests:
        return f"nothing bad seen, but only {seen.requests} requests in {span(p.judge_over)}: little could have been"
    return f"{seen.failures / seen.requests:.2%} errors in {seen.requests} requests"


def recent(d: Deployment, w: World, p: Policy) -> tuple[Second, ...]:
    """The whole seconds since the candidate last got its present share, at most `judge_over` of them."""
    return tuple(second for second in since_routed(d, w) if second.at >= w.now - p.judge_over)


def since_routed(d: Deployment, w: World) -> tuple[Second, ...]:
    if isinstance(w.signals, Unknown):
        return ()
    begin = d.routed.at if d.routed else w.now
    return tuple(second for second in w.signals.value if second.at >= begin and not second.lost)


def failing(tally: Tally, p: Policy) -> bool:
    return tally.requests >= p.min_requests and tally.failures > p.max_error_rate * tally.requests


def total(seconds: Iterable[Second], slot: Slot) -> Tally:
    """The sum of a slot's seconds; the streak is that of the last."""
    tallies = [second.slots[slot] for second in seconds]
    if not tallies:
        return Tally()
    return Tally(
        requests=sum(t.requests for t in tallies),
        errors=sum(t.errors for t in tallies),
        refused=sum(t.refused for t in tallies),
        unreached=sum(t.unreached for t in tallies),
        timeouts=sum(t.timeouts for t in tallies),
        latency=add_up(tuple(t.latency for t in tallies if t.latency)),
        streak=tallies[-1].streak,
        own=sum(t.own for t in tallies),
        asked=sum(t.asked for t in tallies),
    )


def add_up(histograms: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    return tuple(map(sum, zip_longest(*histograms, fillvalue=0)))  # another version may have had other bins


def percentile(latency: tuple[int, ...], share: float) -> float:
    """The upper bound in milliseconds of the bin in which `share` of the requests are reached; 0 without any."""
    left = sum(latency) * share
    for count, bound in zip(latency, (*BINS, float("inf")), strict=False):
        left -= count
        if count and left <= 1e-9:
            return bound
    return 0.0


def describe(seen: Tally) -> str:
    return (
        f"{seen.requests} requests, {seen.errors} answered 5xx, {seen.unreached} not reached, "
        f"{seen.timeouts} timed out, p99 at most {p99(seen):.0f} ms"
    )


def p99(seen: Tally) -> float:
    return percentile(seen.latency, 0.99)


def last_words(d: Deployment, w: World) -> str:
    slot = w.slots[d.candidate]
    instances = slot.value.instances if isinstance(slot, Known) else ()
    return "; ".join(f"{i.name}: {i.sentence or f'exit code {i.exit_code}'}" for i in instances)


def shared(d: Deployment) -> Verdict:
    return unknown(f"{d.candidate} and {d.live} both fail: something they share is broken, not the release")


def unknown(sentence: str) -> Verdict:
    return Verdict(VerdictKind.UNKNOWN, sentence)


def bad(d: Deployment, sentence: str, evidence: str = "") -> Verdict:
    return Verdict(VerdictKind.BAD, sentence, evidence, d.candidate)
