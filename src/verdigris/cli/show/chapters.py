"""One line for each phase of a story: what came of it, with its numbers, or how far it has come."""

from __future__ import annotations

from verdigris.cli.show.amounts import count, duration, percent, plural
from verdigris.cli.show.lanes import Lane, lane
from verdigris.cli.show.road import meter
from verdigris.cli.show.story import Chapter, Numbers
from verdigris.core.tallies import percentile, total
from verdigris.core.waits import ramp
from verdigris.core.world import Known, Slot
from verdigris.ports import Snapshot

__all__ = ["chapter_words", "failed_words", "meter_words", "weights_words"]


def chapter_words(c: Chapter) -> str:
    """What there is to say about a phase, from the last look at it; empty when nobody looked."""
    if c.last is None:
        return c.cause
    words = WORDS.get(c.phase)
    return words(c, c.last) if words else c.cause


def preflight(c: Chapter, s: Snapshot) -> str:
    checks = s.world.checklist.value if isinstance(s.world.checklist, Known) else ()
    passed = f" · {sum(check.passed for check in checks)}/{len(checks)} checks" if checks else ""
    return weights_words(s) + passed


def provision(c: Chapter, s: Snapshot) -> str:
    seen, all_ = candidate(s), s.policy.instances
    up = all_ if passed(c) else seen.up
    return f"{up}/{all_} instances of {s.deployment.release.version} up in {seen.slot}"


def validate(c: Chapter, s: Snapshot) -> str:
    healthy = s.policy.instances if passed(c) else candidate(s).healthy
    return f"{healthy}/{s.policy.instances} healthy, asked {s.policy.healthy} times each"


def passed(c: Chapter) -> bool:
    """Whether the phase got what it waited for; the last look at it may be older than that."""
    return c.ended is not None and not c.turned


def cutover(c: Chapter, s: Snapshot) -> str:
    steps = [f"{step.to} %" for step in ramp(s.deployment, s.policy)]
    slot = s.deployment.candidate
    return f"{' → '.join(steps[: c.steps + 1])} on {slot} · {failed_words(c.counts[slot])}"


def drain(c: Chapter, s: Snapshot) -> str:
    d, now = s.deployment, s.world.router.in_flight[s.deployment.live]
    before = c.first.world.router.in_flight[d.live] if c.first else now
    both = [str(seen.value) if isinstance(seen, Known) else "?" for seen in (before, now)]
    return f"{d.live} in flight {both[0]} → {both[1]} (limit {duration(s.policy.drain)})"


def bake(c: Chapter, s: Snapshot) -> str:
    slot, p = s.deployment.candidate, s.policy
    seen = total(s.world.signals.value, slot) if isinstance(s.world.signals, Known) else None
    slow = f"p99 {count(percentile(seen.latency, 0.99))} ms" if seen and sum(seen.latency) else ""
    limit = f" (limit {count(p.max_p99 * 1000)})" if p.max_p99 is not None and slow else ""
    counted = c.counts[slot]
    failed = f"{failed_words(counted)} (limit {p.max_error_rate * 100:g} %)"
    return " · ".join(part for part in (failed, slow + limit) if part)


def restore(c: Chapter, s: Snapshot) -> str:
    where = f"all traffic on {s.deployment.live}" if passed(c) else weights_words(s)
    return " · ".join(text for text in (c.cause, where) if text)


def settle(c: Chapter, s: Snapshot) -> str:
    seen = s.world.router.in_flight[s.deployment.candidate]
    left = str(seen.value) if isinstance(seen, Known) else "an unknown number of"
    return f"{left} requests in flight in {s.deployment.candidate} (limit {duration(s.policy.drain)})"


def discard(c: Chapter, s: Snapshot) -> str:
    return f"{plural(candidate(s).running, 'instance')} left in {s.deployment.candidate}"


def decommission(c: Chapter, s: Snapshot) -> str:
    return f"{plural(lane(s, s.deployment.live).running, 'instance')} left in {s.deployment.live}"


WORDS = {
    "preflight": preflight,
    "provision": provision,
    "validate": validate,
    "cutover": cutover,
    "drain": drain,
    "bake": bake,
    "stabilize": bake,
    "restore": restore,
    "settle": settle,
    "discard": discard,
    "decommission": decommission,
}


def candidate(s: Snapshot) -> Lane:
    return lane(s, s.deployment.candidate)


def weights_words(s: Snapshot) -> str:
    """Where the router says that traffic goes, the serving slot with its release."""
    reading = s.world.router.reading
    if not isinstance(reading, Known):
        return "the router does not answer"
    if reading.value.fell_back_to is not None:
        return f"the router turned to {reading.value.fell_back_to} by itself"
    weights = reading.value.routing.weights
    return "  ".join(f"{slot} {weights[slot]} %" for slot in Slot)


def failed_words(n: Numbers) -> str:
    """ "3 of 61,204 failed (0.00 %)"; what was not counted is not called good."""
    if not n.requests:
        return "no requests yet"
    share = f" ({percent(n.failed, n.requests)})" if n.failed else ""
    return f"{count(n.failed)} of {count(n.requests)} failed{share}"


def meter_words(s: Snapshot) -> str:
    """ "4:10 of 15:00 good", or how much of a limit is spent; empty where neither holds."""
    m = meter(s)
    if m is None:
        return ""
    return f"{duration(m.done)} of {duration(m.whole)}" + (" good" if m.evidence else " at most")
