"""A finding in sentences: what is worse and by how much, what was counted, how sure it is, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from verdigris.core.judging.by_route import OTHER
from verdigris.core.judging.finding import AtRoute, Finding, Kind
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.state import State
from verdigris.core.words import shown, span

__all__ = ["in_reach", "odds", "percent", "sentence", "sentences"]

MOST = 1e9
"""Odds above this say no more than this."""


def sentence(finding: Finding, state: State, s: Settings, candidate: str, live: str) -> str:
    """All of it as one paragraph. The names are how the two slots are called."""
    return " ".join(sentences(finding, state, s, candidate, live))


def sentences(finding: Finding, state: State, s: Settings, candidate: str, live: str) -> tuple[str, ...]:
    """The same one by one; the first is what is claimed."""
    words = {
        Kind.REGRESSED: regressed,
        Kind.INVALID: invalid,
        Kind.NO_HARM_PROVEN: unharmed,
        Kind.INCONCLUSIVE: inconclusive,
    }[finding.kind](finding, state, s, candidate, live)
    return tuple(part for part in words if part)


def regressed(f: Finding, state: State, s: Settings, candidate: str, live: str) -> list[str]:
    main = f.regressed[0]
    mostly = next(part.share for part in f.parts if part.metric is main)
    return [
        CLAIMS[main](f, state, s, candidate, live),
        counted(state, candidate, live) if main is not Metric.ERRORS or f.at_least > 1.0 else "",
        f"Worst: {listed(f.routes, candidate, live)}." if f.routes and main is not Metric.ROUTES else "",
        sent_again(f, state, candidate, live),
        f"Evidence {odds(f.ln_e)}, limit {odds(f.limit)}, reached {span(f.after or 0)} after exposure.",
        f"Mostly: {NAMES[main]} ({mostly * 100:.0f} %).",
        f"Whether {live} fails as well can only be seen now: this was not found by comparing them."
        if f.alone
        else "",
    ]


def errors(f: Finding, state: State, s: Settings, candidate: str, live: str) -> str:
    allowed = f"allowed {s.error_ratio:g}x + {points(s.error_margin)}"
    if f.at_least > 1.0:
        times = f"at least {f.at_least:.2g} times as often as {live}"
        return f"{candidate.capitalize()} fails {times} ({sure(s.alpha)} at any time; {allowed})."
    return f"{candidate.capitalize()} fails more often than {live} ({allowed}). {counted(state, candidate, live)}"


def by_route(f: Finding, state: State, s: Settings, candidate: str, live: str) -> str:
    allowed = f"allowed {s.error_ratio:g}x + {points(s.error_margin)}"
    if not f.routes:
        return f"Some routes fail more often in {candidate} than in {live} ({allowed})."
    worst, *rest = f.routes
    how = f"more often in {candidate} than in {live} ({allowed})"
    if worst.at_least > 1.0:
        times = f"at least {worst.at_least:.2g} times as often in {candidate} as in {live}"
        how = f"{times} ({sure(s.alpha)} at any time; {allowed})"
    as_well = f" So do {listed(rest, candidate, live)}." if rest else ""
    return f"{called(worst)} fails {how}: {failed_there(worst, candidate, live)}.{as_well}"


def slower(f: Finding, state: State, s: Settings, candidate: str, live: str) -> str:
    pair = max(state.pairs or (), key=lambda pair: s.pair.ln_e(pair.process))
    slow_g, slow_b, ng, nb = pair.seen
    above_g, above_b = state.edges[pair.edge_g], state.edges[pair.edge_b]
    allowed = f"{(above_g / above_b - 1.0) * 100:.0f} % are allowed"
    return (
        f"{candidate.capitalize()} is slower than {live}: {percent(slow_g / ng)} of its requests took longer than "
        f"{above_g:g} ms, {percent(slow_b / nb)} in {live} longer than {above_b:g} ms ({allowed})."
    )


def above_baseline(f: Finding, state: State, s: Settings, candidate: str, live: str) -> str:
    eg, _, ng, _ = state.seen
    allowed = f"what {live} showed before allows {percent(state.guards.x)}"
    return f"{candidate.capitalize()} fails in {percent(eg / ng)} of its requests; {allowed}."


def worse_for_users(f: Finding, state: State, s: Settings, candidate: str, live: str) -> str:
    bad_g, bad_b, ng, nb = state.served
    return (
        f"Users fare worse in {candidate}: {percent(bad_g / ng)} of their requests ended badly, in {live} "
        f"{percent(bad_b / nb)} (allowed {points(s.user_margin)} more)."
    )


def over_limit(f: Finding, state: State, s: Settings, candidate: str, live: str) -> str:
    limits = [f"{percent(s.slo_errors)} errors"] if s.slo_errors is not None else []
    limits += [f"{s.slo_p99:g} ms for 99 % of the requests"] if s.slo_p99 is not None else []
    return (
        f"{candidate.capitalize()} breaks its own limit ({' or '.join(limits)}), and {live} is not seen to."
    )


CLAIMS = {
    Metric.ERRORS: errors,
    Metric.ROUTES: by_route,
    Metric.LATENCY: slower,
    Metric.BASELINE: above_baseline,
    Metric.USERS: worse_for_users,
    Metric.SLO: over_limit,
}
NAMES = {
    Metric.ERRORS: "errors",
    Metric.ROUTES: "errors by route",
    Metric.LATENCY: "latency",
    Metric.BASELINE: "errors against the time before",
    Metric.USERS: "what users got",
    Metric.SLO: "its own limits",
}


def invalid(f: Finding, state: State, s: Settings, candidate: str, live: str) -> list[str]:
    _, _, ng, nb = state.seen
    return [
        f"The requests are not split as the router was told: {ng:,.0f} went to {candidate}, {nb:,.0f} to {live}.",
        "What explains that may explain any difference between them, so nothing is concluded.",
    ]


def unharmed(f: Finding, state: State, s: Settings, candidate: str, live: str) -> list[str]:
    allowed = f"{s.safe_ratio:g} times as often as {live} + {points(s.safe_margin)}"
    return [
        f"{candidate.capitalize()} is proven to fail less than {allowed} ({sure(s.safe_alpha)} at any time).",
        counted(state, candidate, live),
        sent_again(f, state, candidate, live),
        f"Evidence of harm {odds(f.ln_e)}, limit {odds(f.limit)}.",
    ]


def inconclusive(f: Finding, state: State, s: Settings, candidate: str, live: str) -> list[str]:
    if state.exposed_at is None:
        return [f"{candidate.capitalize()} has had no requests: there is nothing to compare."]
    return [
        f"No regression of {candidate} was found, and none is ruled out.",
        counted(state, candidate, live),
        sent_again(f, state, candidate, live),
        f"Evidence {odds(f.ln_e)}, limit {odds(f.limit)}.",
        in_reach(f, state, s, live),
    ]


def listed(routes: Sequence[AtRoute], candidate: str, live: str) -> str:
    return "; ".join(f"{called(one)} ({failed_there(one, candidate, live)})" for one in routes)


def failed_there(one: AtRoute, candidate: str, live: str) -> str:
    (eg, eb), (ng, nb) = one.failed, one.requests
    return f"{eg:,} of {ng:,} requests of {candidate} failed there, {eb:,} of {nb:,} of {live}"


def called(one: AtRoute) -> str:
    return "The rest of the routes" if one.name == OTHER else shown(one.name)


def sent_again(f: Finding, state: State, candidate: str, live: str) -> str:
    if not f.again or f.alone:
        return ""
    eg, eb, ng, nb = state.sent
    return (
        f"Compared in {ng + nb:,.0f} requests sent to both again, as all users are in one: "
        f"{eg:,.0f} of {ng:,.0f} failed in {candidate}, {eb:,.0f} of {nb:,.0f} in {live}."
    )


def in_reach(f: Finding, state: State, s: Settings, live: str) -> str:
    """What would have been found: that there is none of it says how much it is worth."""
    found = f.detectable
    if not state.settled and state.seen[3]:
        return f"Nothing was compared: a cold start is forgiven for {span(s.grace)}."
    if found is None and not any(nb for _, _, _, nb in (*state.strata, state.sent)):
        when = f"after the grace of {span(s.grace)}" if state.seen[3] else "meanwhile"
        return f"Nobody was served by {live} {when}, so the two were not compared."
    if found is None:
        return "No regression would have been found for sure (95 %), however bad: it takes more requests, or time."
    times = f", {found.ratio:.2g} times that of {live}" if found.ratio else ""
    return f"The smallest that would have been found (95 %): an error rate of {percent(found.rate)}{times}."


def counted(state: State, candidate: str, live: str) -> str:
    eg, eb, ng, nb = state.seen
    return f"{eg:,.0f} of {ng:,.0f} {candidate} requests failed, {eb:,.0f} of {nb:,.0f} {live}."


def odds(ln_e: float) -> str:
    """ "184:1" for ln 184; below 1 with two digits."""
    if ln_e > 20.7:
        return f"more than {MOST:,.0f}:1"
    e = exp(ln_e)
    return f"{e:,.0f}:1" if e >= 10.0 else f"{e:.2g}:1"


def percent(rate: float) -> str:
    """ "2.1 %", "0.05 %": two digits that say something."""
    return f"{float(f'{rate * 100:.2g}'):g} %"


def points(rate: float) -> str:
    return f"{rate * 100:g} pp"


def sure(alpha: float) -> str:
    return f"{(1.0 - alpha) * 100:.6g} %"
