"""Whether the candidate is worse: one pure function from what was counted to a verdict.

Hard floors act at once: every instance gone, a run of failures, the router having turned away by itself.
Above them stand the configured limits, with a minimum sample and beyond doubt, and the trial, which compares the
candidate with live.
A regression is bad; stale, missing or torn data is unknown, and so is what little is seen of a paused app; fresh data
without a regression is good, and the verdict says how much it could see.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verdigris.core import trials
from verdigris.core.conditions import paused
from verdigris.core.deployment import Deployment
from verdigris.core.fallen import fallen
from verdigris.core.judging.bounds import exceeds
from verdigris.core.judging.finding import Kind
from verdigris.core.outcomes import unheard
from verdigris.core.policy import Policy
from verdigris.core.tallies import bin_of, percentile, total
from verdigris.core.words import span
from verdigris.core.world import Known, Second, Slot, Tally, Unknown, World

__all__ = [
    "Verdict",
    "VerdictKind",
    "failing",
    "judge",
    "since_routed",
]

DOUBT = 0.001
"""How often so much would be seen of a release that keeps exactly to a limit. Most are far below, and it never is."""
SLOWEST = 0.01
"""What part of the requests a limit of the 99th percentile lets be slower."""


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


def judge(d: Deployment, w: World, p: Policy) -> Verdict:
    """The verdict over the candidate at this moment."""
    verdict = floors(d, w, p)
    if verdict is None or verdict.kind is VerdictKind.UNKNOWN:
        # Worse than live was goes back, also where live fails by now: whose fault that is, is said afterwards.
        verdict = regression(d, p) or verdict or blindness(w, p) or limits(d, w, p)
    if verdict.kind is not VerdictKind.GOOD:
        return verdict
    return stillness() if paused(d, w) else (torn(w) or invalid(d, p) or uncounted(d, w, p) or verdict)


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


def regression(d: Deployment, p: Policy) -> Verdict | None:
    """That the candidate is worse is found once and stays found, whatever can be seen afterwards."""
    if d.trial is None or d.trial.decided is None:
        return None
    claim, *rest = trials.told(d, p)
    return bad(d, claim.rstrip("."), " ".join(rest))


def invalid(d: Deployment, p: Policy) -> Verdict | None:
    """A split that is off explains whatever difference there is, or hides it."""
    if d.trial is None or d.trial.invalid_at is None or trials.kind(d, p) is not Kind.INVALID:
        return None
    claim, *_ = trials.told(d, p)
    return unknown(f"{claim[0].lower()}{claim[1:]} `judge.split: ignored` goes on without that check")


def blindness(w: World, p: Policy) -> Verdict | None:
    """Whether there is anything to judge from."""
    if isinstance(w.signals, Unknown):
        return unknown(f"no request counts: {w.signals.why}")
    seconds = w.signals.value
    if not seconds or w.now - (seconds[-1].at + 1.0) > p.fresh_within:
        return unknown(f"the newest request counts are older than {span(p.fresh_within)}")
    return None


def torn(w: World) -> Verdict | None:
    """Whether it is known that something was missed: in the last second, or in the last that a trial can take.

    By then it is known whether the application was heard. What was seen and is bad, is bad all the same.
    """
    seen = w.signals
    if isinstance(seen, Unknown) or not seen.value:
        return None
    last = seen.value[-1]
    ripe = next((s for s in reversed(seen.value) if trials.ripe(s, seen, w.now)), last)
    if not (last.lost or ripe.unheard):
        return None
    return unknown("not every request of the last second is accounted for")


def uncounted(d: Deployment, w: World, p: Policy) -> Verdict | None:
    """What users get has to be known while two slots are compared; of a first release, or afterwards, nobody asks."""
    if w.outcomes is None or d.previous is None or d.phase == "stabilize":
        return None
    for slot in (d.candidate, d.live):
        why = unheard(w.outcomes, slot, w.now, p.outcomes_within)
        if why:
            return unknown(f"nobody counts what users get in {slot}: {why}")
    return None


def stillness() -> Verdict:
    """Nobody is served, so that nothing bad can be seen: that is nobody's merit."""
    return unknown("the app is paused and nobody is served, `verdigris unpause` lets requests through")


def limits(d: Deployment, w: World, p: Policy) -> Verdict:
    """The configured limits over the last `judge_over` seconds."""
    seconds = recent(d, w, p)
    seen = total(seconds, d.candidate)
    if surely(failed(seen), seen.requests, p.max_error_rate, p):
        if failing(total(seconds, d.live), p):
            return shared(d)
        limit = f"limit {p.max_error_rate:.2%}"
        return bad(
            d,
            f"{d.candidate} fails {failed(seen) / seen.requests:.1%} of its requests ({limit})",
            describe(seen),
        )
    if p.max_p99 is not None and surely(slower(seen, p.max_p99), sum(seen.latency), SLOWEST, p):
        return bad(
            d,
            f"{d.candidate} answers 1 % of its requests slower than {p.max_p99 * 1000:.0f} ms",
            describe(seen),
        )
    said = good_sentence(seen, p) + (fallen(d, seconds) if d.phase != "stabilize" else "")
    return Verdict(VerdictKind.GOOD, said, describe(seen), d.candidate)


def good_sentence(seen: Tally, p: Policy) -> str:
    if seen.requests < p.min_requests:
        return f"nothing bad seen, but only {seen.requests} requests in {span(p.judge_over)}: little could have been"
    return f"{failed(seen) / seen.requests:.2%} errors in {seen.requests} requests"


def recent(d: Deployment, w: World, p: Policy) -> tuple[Second, ...]:
    """The whole seconds since the candidate last got its present share, at most `judge_over` of them."""
    return tuple(second for second in since_routed(d, w) if second.at >= w.now - p.judge_over)


def since_routed(d: Deployment, w: World) -> tuple[Second, ...]:
    if isinstance(w.signals, Unknown):
        return ()
    begin = d.routed.at if d.routed else w.now
    return tuple(second for second in w.signals.value if second.at >= begin and not second.lost)


def surely(bad: int, requests: int, limit: float, p: Policy) -> bool:
    """Whether so many are above a limit beyond doubt: one of sixty is above 1 %, and says nothing of it."""
    return requests >= p.min_requests and exceeds(bad, requests, limit, DOUBT)


def slower(tally: Tally, limit: float) -> int:
    """How many were in bins above the limit, in seconds."""
    return sum(tally.latency[bin_of(limit * 1000.0) + 1 :])


def failing(tally: Tally, p: Policy) -> bool:
    """Whether it looks like it: enough to doubt that it is the release."""
    return tally.requests >= p.min_requests and failed(tally) > p.max_error_rate * tally.requests


def failed(tally: Tally) -> int:
    """Those that the router saw fail, and those that the application says did. It counts these a little later."""
    return min(tally.failures + max(tally.failed_inside, 0), tally.requests)


def describe(seen: Tally) -> str:
    inside = f"{seen.failed_inside} failed inside, " if seen.failed_inside else ""
    return (
        f"{seen.requests} requests, {seen.errors} answered 5xx, {seen.unreached} not reached, "
        f"{seen.timeouts} timed out, {inside}p99 at most {p99(seen):.0f} ms"
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
