"""What may be said about a trial, with its defaults. What follows from it is computed once.

`alpha` is for the whole deployment: at most so many healthy ones are rolled back, whatever the number of stages,
metrics and looks. The grids, the spread of beginnings and the estimator's constants are no settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from math import isfinite, log

from verdigris.core.judging.dispersion import Dispersions, alone, common
from verdigris.core.judging.mixture import Mixture, Starts
from verdigris.core.judging.split import MULTIPLIERS

__all__ = ["EFFECTS", "GUARDED", "ODDS", "PLACES", "SAFE", "USERS", "Metric", "Settings"]

EFFECTS = (1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
USERS = (1.05, 1.1, 1.2, 1.5, 2.0, 3.0, 5.0, 10.0)
"""What users meet is seldom rare: an approval rate that falls from 90 to 88 % is 1.2 times the refusals."""
PLACES = (1.5, 3.0, 10.0, 30.0)
"""For a route: there are many, and what is worth naming is large."""
ODDS = (1.1, 1.25, 1.5, 2.0, 4.0)
GUARDED = (1.2, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
SAFE = (0.0, 0.1, 0.25, 0.5, 0.75)
AT_FIRST = 0.5
"""The stake on a regression that is there from the first second; the rest is for those that set in later."""


class Metric(StrEnum):
    """What a release can be worse in."""

    ERRORS = "errors"
    ROUTES = "routes"
    LATENCY = "latency"
    BASELINE = "baseline"
    USERS = "users"
    SLO = "slo"


WEIGHTS = (
    (Metric.ERRORS, 0.35),
    (Metric.LATENCY, 0.30),
    (Metric.BASELINE, 0.15),
    (Metric.USERS, 0.15),
    (Metric.SLO, 0.05),
)


@dataclass(frozen=True)
class Settings:
    """Allowed of the candidate: errors up to `error_ratio` times the live slot's plus `error_margin` (a rate).

    Latencies are allowed to be `slow_body` longer up to the 75th percentile and `slow_tail` above, and users to fare
    badly `user_margin` (a rate) more often. `grace` and `window` are seconds since exposure; a regression that begins
    after the window is found, but pays more. Weights are those of `Metric`, and sum to 1.
    """

    alpha: float = 0.01
    window: int = 900
    grace: int = 30
    error_ratio: float = 1.25
    error_margin: float = 0.0005
    slow_body: float = 0.05
    slow_tail: float = 0.10
    user_margin: float = 0.01
    min_bad_seconds: int = 6
    """Fewer seconds than that never decide, however bad."""
    min_batch: int = 10
    """Requests on either side before a bet is settled."""
    phi0: float = 1.0
    """How clumped errors are, from an A/A period before exposure; 1 is not at all."""
    phi0_slow: float = 1.0
    """The same for slow requests: what pauses a slot makes many of them at once."""
    learned: bool = False
    """Whether the baseline shows how clumped errors are, where that is more than `phi0`."""

    baseline: bool = True
    baseline_factor: float = 2.0
    baseline_alpha: float = 0.001
    baseline_least: int = 1000
    """Requests before exposure that a baseline needs."""
    baseline_below: float = 0.2
    """The baseline speaks while the live slot has less than this share: above it the comparison is strong."""

    slo_errors: float | None = None
    """The error rate that the candidate must keep on its own account."""
    slo_p99: float | None = None
    """Milliseconds that at most 1 % of the candidate's requests may take longer than."""

    safe_ratio: float = 2.0
    safe_margin: float = 0.001
    safe_alpha: float = 0.05
    split_margin: float = 0.01
    split_alpha: float = 0.001
    split_phi: float = 1.0
    """How many requests come in one piece where users stick to a slot."""
    sticky: bool = False
    """Users stick to a slot: how many requests each sends is theirs to decide, so their split is not checked."""
    weights: tuple[tuple[Metric, float], ...] = WEIGHTS

    def __post_init__(self) -> None:
        for name, low, high in LIMITS:
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} must be between {low:g} and {high:g}, got {value:g}")
        names = [metric for metric, _ in self.weights]
        total = sum(weight for _, weight in self.weights)
        if len(set(names)) < len(names) or any(weight < 0.0 for _, weight in self.weights):
            raise ValueError(f"each metric has one weight of 0 or more, got {self.weighted()}")
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"the weights must sum to 1, got {self.weighted()}, which sum to {total:g}")

    def weighted(self) -> str:
        return ", ".join(f"{metric} {weight:g}" for metric, weight in self.weights) or "nothing"

    @cached_property
    def limit(self) -> float:
        """What ln E has to reach, in nats."""
        return log(1.0 / self.alpha)

    @cached_property
    def log_cap(self) -> float:
        """What one second may add, in nats: with half of the stake there from the beginning, `min_bad_seconds` of
        these make 1/alpha."""
        return log(1.0 / (self.alpha * AT_FIRST)) / self.min_bad_seconds

    def capped(self, size: int) -> Mixture:
        return Mixture.even(size, Starts.spread(AT_FIRST, self.window), self.log_cap)

    @cached_property
    def errors(self) -> Mixture:
        return self.capped(len(EFFECTS))

    @cached_property
    def routes(self) -> Mixture:
        return self.capped(len(PLACES))

    @cached_property
    def users(self) -> Mixture:
        return self.capped(len(USERS))

    @cached_property
    def pair(self) -> Mixture:
        return self.capped(len(ODDS))

    @cached_property
    def guard(self) -> Mixture:
        return self.capped(len(GUARDED))

    @cached_property
    def split(self) -> Mixture:
        return self.capped(2 * len(MULTIPLIERS))

    @cached_property
    def proof(self) -> Mixture:
        return Mixture.even(len(SAFE))

    def dispersions(self, measured: float) -> Dispersions:
        """How clumped errors are, where the baseline's were `measured`."""
        return between_slots(max(self.phi0, measured) if self.learned else self.phi0)

    def dispersions_route(self, measured: float) -> Dispersions:
        """The same of one route. It forgets sooner: there are many, and all are saved."""
        return within_a_route(max(self.phi0, measured) if self.learned else self.phi0)

    @cached_property
    def dispersions_slow(self) -> Dispersions:
        return Dispersions(self.phi0_slow, residuals=common)

    @cached_property
    def dispersions_users(self) -> Dispersions:
        return Dispersions(residuals=common)

    @cached_property
    def dispersions_alone(self) -> Dispersions:
        return Dispersions(self.phi0, residuals=alone)


@lru_cache(maxsize=64)
def between_slots(phi0: float) -> Dispersions:
    return Dispersions(phi0)


@lru_cache(maxsize=64)
def within_a_route(phi0: float) -> Dispersions:
    return Dispersions(phi0, scales=(1, 3), bins_per_block=4)


LIMITS = (
    ("alpha", 1e-6, 0.2),
    ("window", 1, 1_000_000),
    ("grace", 0, 3600),
    ("error_ratio", 1.0, 10.0),
    ("error_margin", 0.0, 0.5),
    ("slow_body", 0.0, 10.0),
    ("slow_tail", 0.0, 10.0),
    ("user_margin", 0.0, 0.5),
    ("min_bad_seconds", 1, 120),
    ("min_batch", 1, 1_000_000),
    ("phi0", 1.0, 1000.0),
    ("phi0_slow", 1.0, 1000.0),
    ("baseline_factor", 1.0, 100.0),
    ("baseline_alpha", 1e-9, 0.5),
    ("baseline_least", 1, 1_000_000_000),
    ("baseline_below", 0.0, 1.0),
    ("slo_errors", 1e-6, 0.5),
    ("slo_p99", 0.001, 1e9),
    ("safe_ratio", 1.0, 100.0),
    ("safe_margin", 0.0, 0.5),
    ("safe_alpha", 1e-6, 0.5),
    ("split_margin", 0.0, 0.5),
    ("split_alpha", 1e-9, 0.5),
    ("split_phi", 1.0, 1e6),
)
"""What is not absurd."""
