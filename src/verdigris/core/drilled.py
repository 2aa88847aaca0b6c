"""What came of a drill: the record of it, with what was measured and counted, and the words for that."""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.deployment import Deployment, Drill, Drilled, Note, Outcome
from verdigris.core.judge import total
from verdigris.core.turns import Turn
from verdigris.core.words import brief
from verdigris.core.world import Known, PerSlot, Second, Slot, World

__all__ = ["facts", "finish", "old"]


def finish(d: Deployment, drill: Drill, w: World) -> Turn:
    """Remember it. One that was broken off says nothing, and what was known before stays."""
    d = replace(d, drill=None)
    if drill.outcome is Outcome.BROKEN_OFF:
        return d, (Note("drill", f"broken off, traffic is on {d.candidate}: {drill.why}"),)
    record = recorded(d, drill, w)
    word = "does not work" if record.trouble else "works"
    text = f"the way back {word}: {', '.join(facts(record))}"
    return replace(d, drilled=record), (Note("drill", text, per_slot(record)),)


def recorded(d: Deployment, drill: Drill, w: World) -> Drilled:
    assert d.previous is not None and drill.home is not None
    seconds = within(drill.began, drill.home, w)
    counted = {slot: total(seconds, slot) for slot in Slot}
    return Drilled(
        share=drill.share,
        slot=d.live,
        version=d.previous.version,
        actor=drill.actor,
        wall=w.wall,
        there=drill.there,
        back=drill.back,
        requests=PerSlot(counted[Slot.BLUE].requests, counted[Slot.GREEN].requests),
        failed=PerSlot(counted[Slot.BLUE].failures, counted[Slot.GREEN].failures),
        complete=len(seconds) > drill.home - drill.began - 1.0 and not any(s.lost for s in seconds),
        trouble=drill.why if drill.outcome is Outcome.FAILED else "",
    )


def within(began: float, ended: float, w: World) -> tuple[Second, ...]:
    """The whole seconds that a drill had a part in."""
    seen = w.signals.value if isinstance(w.signals, Known) else ()
    return tuple(second for second in seen if second.at + 1.0 > began and second.at < ended)


def facts(record: Drilled) -> tuple[str, ...]:
    """What was measured, each as a few words."""
    there = "never there" if record.there is None else f"there in {brief(record.there)}"
    back = f"back in {brief(record.back)}" if record.back is not None else "never back"
    requests, failed = sum_of(record.requests), sum_of(record.failed)
    alone = "" if record.requests[record.slot] or not requests else f", none went to {record.slot}"
    torn = "" if record.complete else ", some seconds were not counted"
    return (
        f"{record.share} % to {record.slot} ({record.version})",
        there,
        back,
        f"{failed:,} of {requests:,} requests failed{alone}{torn}",
    )


def sum_of(both: PerSlot[int]) -> int:
    return both.blue + both.green


def per_slot(record: Drilled) -> str:
    counts = "; ".join(f"{s}: {record.failed[s]:,} of {record.requests[s]:,} failed" for s in Slot)
    return f"{record.trouble}; {counts}" if record.trouble else counts


def old(d: Deployment) -> str:
    return f"{d.live} ({d.previous.version})" if d.previous else str(d.live)
