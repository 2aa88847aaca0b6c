"""What the judge has found so far, as a line, a paragraph and a document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from verdigris.core import trials
from verdigris.core.deployment import Deployment
from verdigris.core.judging.telling import NAMES, odds
from verdigris.core.policy import Policy
from verdigris.core.words import span

__all__ = ["found_document", "found_line", "found_words"]


def found_words(d: Deployment, p: Policy) -> str:
    """All that can be said of the comparison; empty before there was any."""
    if d.trial is None or d.trial.exposed_at is None:
        return ""
    return forgiven(d, p) or " ".join(trials.told(d, p))


def found_line(d: Deployment, p: Policy) -> str:
    """The same in a few words: how far the evidence has come, and what it rests on."""
    if d.trial is None or d.trial.exposed_at is None:
        return ""
    found = trials.finding(d.trial, p)
    most = max(found.parts, key=lambda part: part.share, default=None)
    mostly = f", mostly {NAMES[most.metric]} ({most.share * 100:.0f} %)" if most and most.share > 0 else ""
    evidence = f"{found.kind} · evidence {odds(found.ln_e)} of {odds(found.limit)}{mostly}"
    return forgiven(d, p) or evidence


def forgiven(d: Deployment, p: Policy) -> str:
    if d.trial is None or d.trial.settled or d.trial.decided:
        return ""
    return f"nothing was compared yet: a cold start is forgiven for {span(p.grace)}"


def found_document(d: Deployment, p: Policy) -> dict[str, Any] | None:
    """The finding with its numbers in nats, as `verdigris judge` tells it."""
    if d.trial is None or d.trial.exposed_at is None:
        return None
    found = trials.finding(d.trial, p)
    return {
        "verdict": found.kind.value,
        "sentence": found_words(d, p),
        "ln_e": found.ln_e,
        "limit": found.limit,
        "after": found.after,
        "attribution": [asdict(part) for part in found.parts],
        "regressed": list(found.regressed),
        "at_least": found.at_least,
        "detectable": found.detectable and asdict(found.detectable),
    }
