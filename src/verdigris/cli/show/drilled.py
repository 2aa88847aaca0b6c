"""The last drill as people read it: how old it is, how far it went, how fast, and what failed."""

from __future__ import annotations

from typing import Any

from verdigris.cli.show.amounts import ago
from verdigris.core.deployment import Deployment, Drilled
from verdigris.core.drilled import facts, old

__all__ = ["drilled_document", "drilled_line", "drilled_words"]


def drilled_words(record: Drilled) -> str:
    """ "100 % to blue (1.0), there in 12 ms, back in 10 ms, 0 of 1,234 requests failed"."""
    return ", ".join(facts(record))


def drilled_line(d: Deployment, now: float) -> str:
    """The same with its age and what it found; empty where there is no way back that could have been tried."""
    record = d.drilled
    if record is None:
        return "never tried: `verdigris drill`" if d.phase == "stabilize" else ""
    trouble = f"the way back did not work: {record.trouble}; " if record.trouble else ""
    return f"{ago(record.wall, now)}: {trouble}{drilled_words(record)}{untried(d, record)}"


def untried(d: Deployment, record: Drilled) -> str:
    """That what was tried is not the way back of today: an earlier deployment had another."""
    if d.phase != "stabilize" or d.previous is None:
        return ""
    today = (record.slot, record.version) == (d.live, d.previous.version)
    return "" if today else f"; the way back to {old(d)} was not tried yet"


def drilled_document(record: Drilled) -> dict[str, Any]:
    """The same for a program; times are seconds."""
    return {
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
        "trouble": record.trouble or None,
    }
