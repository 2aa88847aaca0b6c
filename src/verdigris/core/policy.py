"""What the operator asks of a deployment, as numbers: the snapshot that it starts with and keeps.

All durations are seconds, all weights whole percent. Defaults are those of the design and of the commented
example; `verdigris.config` is the only place that turns a file into a policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["OnUnknown", "Policy", "Step"]

MINUTE = 60.0
HOUR = 3600.0


class OnUnknown(StrEnum):
    """What a long stretch of unknown is turned into."""

    HOLD = "hold"
    ABORT = "abort"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ramp: the candidate's weight, and how many seconds of good evidence it has to last."""

    to: int
    lasts: float = 2 * MINUTE


@dataclass(frozen=True, slots=True)
class Policy:
    """A deployment's policy.

    The `*_within` limits count seconds in which the controller was looking, not seconds of the wall clock: a
    controller that was away for an hour gives the world its full time when it comes back.
    """

    instances: int = 2
    surge: int = 1
    healthy: int = 3
    unhealthy: int = 2

    ramp: tuple[Step, ...] = (Step(100, 0.0),)
    holdback: int = 0
    drain: float = 300.0
    drain_long_lived: float = HOUR
    bake: float = 15 * MINUTE
    stabilize: float = 24 * HOUR

    drill_every: float | None = None
    """Watched seconds between two drills that nobody asked for; None leaves them out."""
    drill_share: int = 10
    drill_for: float = 10.0
    """How many seconds of good evidence a drill gathers on the old slot."""

    max_error_rate: float = 0.01
    max_p99: float | None = None
    min_requests: int = 50
    dead_streak: int = 20
    judge_over: float = 30.0
    """Seconds of traffic that the error rate and the p99 are taken over."""

    replay: int = 0
    """Safe requests a second that are sent to both slots while all traffic is on the candidate; 0 for none."""

    alpha: float = 0.01
    """The part of healthy releases that the judge may roll back at most: for a whole deployment, however many steps."""
    grace: float = 30.0
    """Seconds after exposure before the two slots are compared. Floors and limits hold from the first."""
    error_ratio: float = 1.25
    error_margin: float = 0.0005
    """Allowed of the candidate: `error_ratio` times the errors of live and `error_margin` (a rate) on top."""
    slower: float = 0.05
    slower_tail: float = 0.10
    """How much longer it may take, up to the 75th percentile and above."""
    min_bad_seconds: int = 6
    baseline: bool = True
    """Whether it is compared with the time before as well, while hardly anybody is left on live."""
    weights: tuple[float, ...] = (0.35, 0.30, 0.15, 0.15, 0.05)
    """The parts of the stake that are on errors, latency, the baseline, users and its own limits; they sum to 1."""
    sticky: bool = False
    """Users stay with a slot, so that requests are not split as the router was told."""
    early: bool = False
    """Whether the bake ends as soon as it is proven that errors do no harm."""
    require_proof: bool = False
    """Whether it does not end before."""

    outcomes_within: float = 30.0
    """Seconds after which what users get is unknown, where a source of it is configured."""

    before_cutover: OnUnknown = OnUnknown.HOLD
    after_cutover: OnUnknown = OnUnknown.HOLD
    unknown_for: float = 5 * MINUTE
    """How long unknown may last before `before_cutover` or `after_cutover` is applied."""
    alert_after: float = 30.0
    fresh_within: float = 5.0
    """An observation older than this is unknown; time between two looks counts up to this much."""
    probe_within: float = 20.0
    """The same for the last health probe of an instance: its interval, its timeout and a little."""

    expand: bool = False
    contract: bool = False
    unproven_passes: bool = False
    """Whether a schema of which too little could be seen is taken for one that serves."""
    rehearse: int = 0
    """How many comparable samples the rehearsal needs; 0 passes it over."""
    gate: bool = False

    preflight_within: float = 30.0
    prove_within: float = 5 * MINUTE
    expand_within: float = 10 * MINUTE
    provision_within: float = 2 * MINUTE
    validate_within: float = 2 * MINUTE
    rehearse_within: float = 10 * MINUTE
    gate_within: float = 24 * HOUR
    cutover_within: float = 60.0
    restore_within: float = 60.0
    discard_within: float = 5 * MINUTE
    revive_after: float = 10.0
    """How long an instance that is to be kept may stay broken before it is started once more."""

    def __post_init__(self) -> None:
        steps = [step.to for step in self.ramp]
        if not steps or steps != sorted(set(steps)) or steps[0] < 1:
            raise ValueError(f"the ramp must grow step by step from 1 % or more, got {steps}")
        if steps[-1] != 100 - self.holdback:
            raise ValueError(
                f"the ramp must end at {100 - self.holdback} % (100 % less the holdback), got {steps[-1]} %"
            )
