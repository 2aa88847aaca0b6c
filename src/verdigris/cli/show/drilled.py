"""The last drill as people read it: whose and how old it is, how far it went, how fast, what failed; and one under way
that nobody looks after.
"""

from __future__ import annotations

from typing import Any

from verdigris.cli.show.amounts import ago
from verdigris.core.deployment import Deployment, Drilled
from verdigris.core.drilled import facts, headline, old

__all__ = ["abandoned_words", "drilled_document", "drilled_line", "drilled_sentence", "drilled_words", "own"]

AFTERWARDS = ("decommission", "contract", "succeeded")
"""Phases in which there is no way back any more that could be tried."""


def drilled_words(record: Drilled) -> str:
    """ "100 % to blue (1.0), there in 12 ms, back in 10 ms, 0 of 1,234 requests failed"."""
    return ", ".join(facts(record))


def drilled_sentence(record: Drilled) -> str:
    """The same with what it says of the way back."""
    return f"{headline(record)}: {drilled_words(record)}"


def own(d: Deployment, record: Drilled) -> bool:
    """Whether the last drill was one of this deployment's; records of earlier versions tell only what was tried."""
    if record.deployment:
        return record.deployment == d.id
    return d.previous is not None and (record.slot, record.version) == (d.live, d.previous.version)


def drilled_line(d: Deployment, now: float) -> str:
    """The same with its age and what it found; empty where there is no way back that could have been tried."""
    record = d.drilled
    if record is None:
        return "never tried: `verdigris drill`" if d.phase == "stabilize" else ""
    whose = "" if own(d, record) else f"in {record.deployment or 'an earlier deployment'}, "
    trouble = f"the way back did not work: {record.trouble}; " if record.trouble else ""
    return f"{whose}{ago(record.wall, now)}: {trouble}{drilled_words(record)}{untried(d, record)}"


def untried(d: Deployment, record: Drilled) -> str:
    """That what was tried is not the way back of this deployment: an earlier one had another."""
    if d.previous is None or own(d, record):
        return ""
    if d.phase == "stabilize":
        return f"; the way back to {old(d)} was not tried yet"
    return f"; the way back to {old(d)} was never tried" if d.phase in AFTERWARDS else ""


def abandoned_words(d: Deployment) -> str:
    """What becomes of a drill while no controller runs; empty where none is under way."""
    if d.drill is None:
        return ""
    if d.drill.turned is not None:
        return "no controller runs, so nobody sees the drill's traffic home"
    return (
        f"no controller runs, so {d.drill.share} % of the traffic stays on {old(d)} and nobody brings it home"
    )


def drilled_document(record: Drilled) -> dict[str, Any]:
    """The same for a program; times are seconds."""
    return {
        "deployment": record.deployment or None,
        "wall": record.wall,
        "share": record.share,
        "slot": record.slot.value,
        "version": record.version,
        "actor": record.actor,
        "there": record.there,
        "back": record.back,
        "requests": {"blue": record.requests.blue, "green": record.requests.green},
        "failed": {"blue": record.failed.blue, "green": record.failed.green},
        "counts_complete": record.complete,
        "unanswered": record.unanswered,
        "judged_by": None if record.users is None else {"users": record.users, "own": record.own},
        "cut_off": record.cut_off or None,
        "trouble": record.trouble or None,
    }
