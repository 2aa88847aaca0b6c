"""What a simulated history begins with: a policy with short waits, and how a release behaves. All by dice."""

from __future__ import annotations

import random
from dataclasses import replace

from verdigris.core.policy import OnUnknown, Policy, Step
from verdigris.testing.host import Nature

__all__ = ["some_nature", "some_policy", "with_drills", "with_replays", "with_schema"]


def some_policy(rng: random.Random) -> Policy:
    holdback = rng.choice((0, 0, 5))
    steps = rng.choice(((), (10,), (10, 50)))
    ramp = (*(Step(to, rng.choice((3.0, 8.0))) for to in steps), Step(100 - holdback, 5.0))
    return Policy(
        instances=rng.choice((1, 2)),
        ramp=ramp,
        holdback=holdback,
        drain=rng.choice((5.0, 15.0)),
        drain_long_lived=20.0,
        bake=rng.choice((10.0, 25.0)),
        stabilize=rng.choice((10.0, 40.0)),
        judge_over=10.0,
        min_requests=20,
        grace=2.0,
        sticky=True,  # the host shares by rounding, not by dice
        before_cutover=rng.choice((OnUnknown.HOLD, OnUnknown.ABORT)),
        after_cutover=rng.choice((OnUnknown.HOLD, OnUnknown.ROLLBACK)),
        unknown_for=30.0,
        alert_after=10.0,
        expand=rng.random() < 0.3,
        contract=rng.random() < 0.3,
        rehearse=rng.choice((0, 0, 20)),
        gate=rng.random() < 0.2,
        provision_within=60.0,
        validate_within=60.0,
        cutover_within=40.0,
        restore_within=40.0,
        discard_within=60.0,
        rehearse_within=120.0,
        expand_within=120.0,
        gate_within=120.0,
    )


def with_drills(policy: Policy, dice: random.Random) -> Policy:
    """The same policy with a schedule of drills, or without, and short ones."""
    return replace(
        policy,
        drill_every=dice.choice((None, 60.0, 300.0)),
        drill_share=dice.choice((1, 10, 50, 60, 100, 100)),
        drill_for=dice.choice((2.0, 6.0, 40.0)),
    )


def with_replays(policy: Policy, dice: random.Random) -> Policy:
    """The same policy, and requests are replayed while live has none, or are not."""
    return replace(policy, replay=dice.choice((0, 20))) if not policy.holdback else policy


def with_schema(policy: Policy, dice: random.Random) -> Policy:
    """The same policy, and it moves the schema all the way, or only as far as it says: nothing contracts alone."""
    both = dice.random() < 0.2
    expand = policy.expand or both
    return replace(
        policy,
        expand=expand,
        contract=expand and (policy.contract or both),
        unproven_passes=dice.random() < 0.3,
    )


def some_nature(rng: random.Random) -> Nature:
    """Four of nine releases are good."""
    return rng.choice(
        (
            *(Nature(up_after=rng.choice((0.5, 4.0))),) * 4,
            Nature(healthy=False),
            Nature(never_up=True),
            Nature(error_rate=0.2, turns_bad_after=rng.choice((0.0, 6.0))),
            Nature(dies_after=rng.choice((1.0, 6.0, 20.0))),
            Nature(error_rate=1.0),
        )
    )
