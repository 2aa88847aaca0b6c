"""What came of a drill: the record of it, with what was measured and counted, and the words for that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from verdigris.core.deployment import Deployment, Drill, Drilled, Note, Outcome
from verdigris.core.judge import total
from verdigris.core.policy import Policy
from verdigris.core.unanswered import left, too_many
from verdigris.core.words import brief
from verdigris.core.world import SLOTS, Known, PerSlot, Second, World

if TYPE_CHECKING:
    from verdigris.core.turns import Turn

__all__ = ["cut_off", "facts", "finish", "headline", "old", "recorded"]


def finish(d: Deployment, drill: Drill, w: World, p: Policy) -> Turn:
    """Remember it. One that was broken off says nothing, and what was known before stays."""
    d = replace(d, drill=None)
    if drill.outcome is Outcome.BROKEN_OFF:
        return d, (Note("drill", f"broken off, traffic is on {d.candidate}: {drill.why}"),)
    late = late_news(d, drill, w, p) if drill.outcome is Outcome.WORKS else ""
    drill = replace(drill, outcome=Outcome.FAILED, why=late) if late else drill
    record = recorded(d, drill, w)
    text = f"{headline(record)}: {', '.join(facts(record))}"
    return replace(d, drilled=record), (Note("alert" if late else "drill", text, per_slot(record)),)


def cut_off(d: Deployment, by: str) -> Turn:
    """End a drill for which there is no time to come home. What it found out is known; else it says nothing."""
    drill, record = d.drill, d.drilled
    d = replace(d, drill=None) if drill is not None else d
    if drill is None:
        return d, ()
    if drill.outcome is not Outcome.FAILED or record is None:
        return d, (Note("drill", f"broken off: {by}"),)
    record = replace(record, cut_off=by)
    text = f"{headline(record)}: {record.trouble}; cut off before it was home: {by}"
    return replace(d, drilled=record), (Note("drill", text, per_slot(record)),)


def late_news(d: Deployment, drill: Drill, w: World, p: Policy) -> str:
    """What is only known when the last requests have come back, or have not."""
    return too_many(d, w, p, within(drill.began, drill.over or w.now, w), left(d, drill, w) or 0)


def recorded(d: Deployment, drill: Drill, w: World) -> Drilled:
    """What is known of it at this moment; requests that are still inside count as failed once it is over."""
    assert d.previous is not None
    over = w.now if drill.over is None else drill.over
    seconds = within(drill.began, over, w)
    there = total(seconds, d.live)
    here = total(within(drill.began, over if drill.home is None else drill.home, w), d.candidate)
    unanswered = None if drill.over is None else left(d, drill, w)
    gone = unanswered or 0
    return Drilled(
        share=drill.share,
        slot=d.live,
        version=d.previous.version,
        actor=drill.actor,
        wall=w.wall,
        there=drill.there,
        back=drill.back,
        requests=PerSlot.of(d.live, there.requests + gone, here.requests),
        failed=PerSlot.of(d.live, there.failures + gone, here.failures),
        complete=len(seconds) > over - drill.began - 1.0 and not any(s.lost for s in seconds),
        trouble=drill.why if drill.outcome is Outcome.FAILED else "",
        deployment=d.id,
        users=there.requests - there.own + gone,
        own=there.own + there.asked,
        unanswered=unanswered,
    )


def within(began: float, ended: float, w: World) -> tuple[Second, ...]:
    """The whole seconds that a drill had a part in."""
    seen = w.signals.value if isinstance(w.signals, Known) else ()
    return tuple(second for second in seen if second.at + 1.0 > began and second.at < ended)


# --- in words -------------------------------------------------------------------------------------------------


def headline(record: Drilled) -> str:
    """What it says of the way back, and who says it where that is nobody but us."""
    if record.trouble:
        return "the way back does not work"
    return f"the way back works{', by our own requests alone' if record.users == 0 else ''}"


def facts(record: Drilled) -> tuple[str, ...]:
    """What was measured, each as a few words."""
    there = "never there" if record.there is None else f"there in {brief(record.there)}"
    return (
        f"{record.share} % to {record.slot} ({record.version})",
        there,
        home(record),
        counts(record),
        *judged_by(record),
    )


def home(record: Drilled) -> str:
    if record.back is not None:
        return f"back in {brief(record.back)}"
    return f"cut off before it was home ({record.cut_off})" if record.cut_off else "not home yet"


def counts(record: Drilled) -> str:
    requests, failed = sum_of(record.requests), sum_of(record.failed)
    alone = record.users is None and requests and not record.requests[record.slot]
    gone = f", {record.unanswered:,} of them never came back from {record.slot}" if record.unanswered else ""
    none = f", none went to {record.slot}" if alone else ""
    torn = "" if record.complete else ", some seconds were not counted"
    return f"{failed:,} of {requests:,} requests failed{gone}{none}{torn}{unseen(record)}"


def unseen(record: Drilled) -> str:
    """Where nobody could tell whether every request came back. Earlier records say nothing of that."""
    told = record.users is None or record.back is None or record.unanswered is not None
    return "" if told else f", nobody could see whether all came back from {record.slot}"


def judged_by(record: Drilled) -> tuple[str, ...]:
    if record.users is None:
        return ()
    return (f"judged by {record.users:,} requests of users and {record.own:,} of our own in {record.slot}",)


def sum_of(both: PerSlot[int]) -> int:
    return both.blue + both.green


def per_slot(record: Drilled) -> str:
    said = "; ".join(f"{s}: {record.failed[s]:,} of {record.requests[s]:,} failed" for s in SLOTS)
    return f"{record.trouble}; {said}" if record.trouble else said


def old(d: Deployment) -> str:
    return f"{d.live} ({d.previous.version})" if d.previous else str(d.live)
