"""What the judge has found so far, as a line, a paragraph and a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from verdigris.cli.show.amounts import duration, sparkline
from verdigris.core import trials
from verdigris.core.deployment import Deployment
from verdigris.core.judging.finding import Finding, Kind
from verdigris.core.judging.telling import NAMES, in_reach, odds
from verdigris.core.policy import Policy
from verdigris.core.words import span

__all__ = [
    "Evidence",
    "begun_small",
    "evidence_line",
    "found_at_the_end",
    "found_document",
    "found_line",
    "found_words",
    "numbers_of",
]

Evidence = Sequence[tuple[int, float]]
"""Moments on a trial's clock, and ln E in nats at each."""
COLUMNS_MOST = 40


def found_words(d: Deployment, p: Policy) -> str:
    """All that can be said of the comparison; empty before there was any."""
    if d.trial is None or d.trial.exposed_at is None:
        return ""
    yet = forgiven(d, p)
    return f"{yet[0].upper()}{yet[1:]}." if yet else " ".join(trials.told(d, p))


def found_line(d: Deployment, p: Policy) -> str:
    """The same in a few words: how far the evidence has come, and what it rests on."""
    if d.trial is None or d.trial.exposed_at is None:
        return ""
    found = trials.finding(d.trial, p)
    most = max(found.parts, key=lambda part: part.share, default=None)
    mostly = f", mostly {NAMES[most.metric]} ({most.share * 100:.0f} %)" if most and most.share > 0 else ""
    evidence = f"{found.kind} · evidence {odds(found.ln_e)} of {odds(found.limit)}{mostly}"
    return forgiven(d, p) or evidence


def evidence_line(d: Deployment, p: Policy, evidence: Evidence, room: int) -> str:
    """How the evidence has grown since exposure, as bars: full height is the limit. Empty where there is none."""
    if d.trial is None or d.trial.exposed_at is None or forgiven(d, p):
        return ""
    exposed = d.trial.exposed_at + d.trial.clock
    since = [(at - exposed, ln_e) for at, ln_e in evidence if at >= exposed]
    limit = trials.settings_of(p).limit
    words = f" {duration(since[-1][0] + 1)}, full height is {odds(limit)}" if since else ""
    columns = min(room - len(words), COLUMNS_MOST)
    if not since or columns < 1:
        return ""
    return sparkline(squeezed(since, columns), min(columns, since[-1][0] + 1), limit) + words


def squeezed(since: Evidence, columns: int) -> list[float | None]:
    """The highest of each stretch; None where nothing was compared in it."""
    span_of_all = since[-1][0] + 1
    found: list[float | None] = [None] * min(columns, span_of_all)
    for at, ln_e in since:
        column = at * len(found) // span_of_all
        found[column] = max(found[column] or 0.0, ln_e, 0.0)
    return found


def found_at_the_end(d: Deployment, p: Policy) -> str:
    """What a good release was promoted on: that it is proven, or what would have been found. Empty without a trial."""
    if d.trial is None or d.trial.exposed_at is None or d.trial.decided is not None:
        return ""
    found = trials.finding(d.trial, p)
    if found.kind is Kind.NO_HARM_PROVEN:
        return begun_small(trials.told(d, p)[0])
    if found.kind is Kind.INCONCLUSIVE:
        within = begun_small(in_reach(found, d.trial, trials.settings_of(p, d.trial.window), d.live))
        return f"no regression was found; {within}" if found.detectable else within
    return ""


def begun_small(sentence: str) -> str:
    """A sentence as a part of another. One that begins with a route has its method as it is."""
    first = sentence[:1] if sentence[1:2].isupper() else sentence[:1].lower()
    return f"{first}{sentence[1:]}".rstrip(".")


def forgiven(d: Deployment, p: Policy) -> str:
    if d.trial is None or d.trial.settled or d.trial.decided:
        return ""
    return f"nothing was compared yet: a cold start is forgiven for {span(p.grace)}"


def found_document(d: Deployment, p: Policy) -> dict[str, Any] | None:
    """The finding with its numbers in nats, as `verdigris judge` tells it."""
    if d.trial is None or d.trial.exposed_at is None:
        return None
    found = trials.finding(d.trial, p)
    return {"verdict": found.kind.value, "sentence": found_words(d, p), **numbers_of(found)}


def numbers_of(found: Finding) -> dict[str, Any]:
    """The numbers behind a finding; evidence is in nats, a route's counts are the candidate's first."""
    return {
        "ln_e": found.ln_e,
        "limit": found.limit,
        "after": found.after,
        "attribution": [asdict(part) for part in found.parts],
        "regressed": list(found.regressed),
        "routes": [asdict(route) for route in found.routes],
        "at_least": found.at_least,
        "detectable": found.detectable and asdict(found.detectable),
        "again": found.again,
    }
