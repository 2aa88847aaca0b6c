"""What a trial has come to, with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import log

from verdigris.core.judging import by_route
from verdigris.core.judging.bounds import Strata, base_rate, ratio_lower, smallest
from verdigris.core.judging.by_route import Place
from verdigris.core.judging.merge import e_bh, shares
from verdigris.core.judging.settings import AT_FIRST, EFFECTS, PLACES, Metric, Settings
from verdigris.core.judging.state import State
from verdigris.core.judging.trial import ln_e, ln_es, proven

__all__ = ["AtRoute", "Detectable", "Finding", "Kind", "Part", "find", "in_traffic", "kind_of"]


class Kind(StrEnum):
    """REGRESSED and NO_HARM_PROVEN are claims; INCONCLUSIVE and INVALID say that there is none."""

    REGRESSED = "regressed"
    NO_HARM_PROVEN = "no harm proven"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Part:
    """One metric's evidence in nats, its weight, and what part of the whole evidence it is."""

    metric: Metric
    ln_e: float
    weight: float
    share: float


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest error rate that would have been found with about 95 %; `ratio` to live's, None if live had none."""

    rate: float
    ratio: float | None


@dataclass(frozen=True, slots=True)
class AtRoute:
    """What failed there, the candidate's first, of how many requests; `at_least` as for the whole, of all routes at
    once, and 0 also where the share was changed meanwhile."""

    name: str
    failed: tuple[int, int]
    requests: tuple[int, int]
    at_least: float = 0.0


@dataclass(frozen=True, slots=True)
class Finding:
    """The kind, ln E with the limit that it has to reach, and the parts it is made of, all in nats.

    `regressed` are the metrics that are worse (e-BH at alpha, and the largest in any case); `after` is when the limit
    was reached, in seconds after exposure. `at_least` is how many times as often the candidate fails, at any time at
    confidence 1 - alpha; 0 where that cannot be said. `detectable` is None where nothing would have been found.
    `routes` are those that are worse, at most three, and `again` says that requests sent to both again were compared.
    """

    kind: Kind
    ln_e: float
    limit: float
    parts: tuple[Part, ...] = ()
    regressed: tuple[Metric, ...] = ()
    after: int | None = None
    at_least: float = 0.0
    detectable: Detectable | None = None
    routes: tuple[AtRoute, ...] = ()
    again: bool = False

    @property
    def alone(self) -> bool:
        """Whether it rests on no comparison with the live slot: then it may be an incident of both."""
        speaking = sum(part.share for part in self.parts if part.metric in (Metric.BASELINE, Metric.SLO))
        return self.kind is Kind.REGRESSED and speaking > 0.5


def find(state: State, s: Settings) -> Finding:
    """The finding at this second."""
    kind, parts = kind_of(state, s), parts_of(state, s)
    if state.decided is not None:
        return Finding(
            kind, state.decided.ln_e, s.limit, parts, worse(parts, s), state.decided.after, at_least(state, s),
            routes=routes(state, s), again=state.again,
        )  # fmt: skip
    return Finding(kind, ln_e(state, s), s.limit, parts, detectable=detectable(state, s), again=state.again)


def kind_of(state: State, s: Settings) -> Kind:
    """A regression stands before a split that is off: the comparison takes the requests as they really came."""
    if state.decided is not None:
        return Kind.REGRESSED
    if state.invalid_at is not None and not s.sticky:
        return Kind.INVALID
    return Kind.NO_HARM_PROVEN if proven(state, s) else Kind.INCONCLUSIVE


def parts_of(state: State, s: Settings) -> tuple[Part, ...]:
    found = state.decided.ln_es if state.decided else ln_es(state, s)
    weights = [weight for _, weight in state.weights]
    rows = zip(state.weights, found, shares(found, weights), strict=True)
    return tuple(Part(metric, one, weight, share) for (metric, weight), one, share in rows)


def worse(parts: tuple[Part, ...], s: Settings) -> tuple[Metric, ...]:
    largest = max(range(len(parts)), key=lambda i: parts[i].share)
    indices = {*e_bh([part.ln_e for part in parts], s.alpha), largest}
    return tuple(parts[i].metric for i in sorted(indices, key=lambda i: -parts[i].share))


def at_least(state: State, s: Settings) -> float:
    return ratio_lower(strata(state), s.alpha, EFFECTS, s.errors.pi, state.errors.dispersion.phi)


def strata(state: State) -> Strata:
    """Stage by stage, and what was sent to both again, which is shared evenly whatever the stage."""
    return (*state.strata, state.sent) if any(state.sent) else state.strata


def routes(state: State, s: Settings) -> tuple[AtRoute, ...]:
    """Those that are worse, where that is judged at all."""
    found = by_route.worst(state.routes, s.alpha)
    return tuple([at_route(place, len(state.strata) == 1, state, s) for place in found])


def at_route(place: Place, one_stage: bool, state: State, s: Settings) -> AtRoute:
    """A route that is picked among many needs to be sure for all of them: alpha is shared evenly."""
    eg, eb, ng, nb = map(int, place.seen)
    alpha, phi = s.alpha / len(state.routes), max(place.batch.dispersion.phi, state.errors.dispersion.phi)
    least = ratio_lower([place.seen], alpha, PLACES, s.routes.pi, phi) if one_stage else 0.0
    return AtRoute(place.name, (eg, eb), (ng, nb), least)


def detectable(state: State, s: Settings) -> Detectable | None:
    """In errors, against the live slot, had it been there since the tests began."""
    weight = dict(state.weights).get(Metric.ERRORS, 0.0)
    if weight <= 0.0:
        return None
    return in_traffic(strata(state), state.settled, s, weight, state.errors.dispersion.phi)


def in_traffic(strata: Strata, seconds: int, s: Settings, weight: float, phi: float) -> Detectable | None:
    """The same for traffic of which the totals are known, or expected."""
    # The best alternative has its part of the weight, and only half of the stake is there from the beginning.
    needed = s.limit + log(len(EFFECTS) / (weight * AT_FIRST))
    rate = smallest(strata, seconds, s.error_ratio, s.error_margin, EFFECTS, needed, s.log_cap, phi)
    live = base_rate(strata)
    return None if rate is None else Detectable(rate, rate / live if live else None)
