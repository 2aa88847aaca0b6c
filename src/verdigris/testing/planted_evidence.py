"""Faults in what counts as evidence: each breaks a promise that is checked."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from verdigris.core import (
    conditions,
    evidence,
    judge,
    lifecycle,
    replays,
    safety,
    trials,
    waits,
)
from verdigris.core.deployment import Deployment, Lasted
from verdigris.core.judge import Verdict, VerdictKind
from verdigris.core.judging.trial import step
from verdigris.core.policy import Policy
from verdigris.core.world import Member, Slot, World
from verdigris.testing.planting import Fault, all_of, attribute, instead, listed

__all__ = ["FAULTS"]

FAULTS: list[Fault] = []
fault = listed(FAULTS)


# --- evidence -------------------------------------------------------------------------------------------------


@fault("only seconds that somebody looked at count as evidence")
def elapsed_time_is_evidence() -> AbstractContextManager[None]:
    def count_all(
        d: Deployment, found: Mapping[str, bool | None], world: World, policy: Policy
    ) -> Deployment:
        olds = (next((e for e in d.evidence if e.name == name), Lasted(name, 0.0, None)) for name in found)
        fresh = [
            replace(old, seconds=old.seconds + (0.0 if old.at is None else world.now - old.at), at=world.now)
            for old in olds
        ]
        return d.with_evidence(*(e for e in d.evidence if e.name not in found), *fresh)

    return attribute(Deployment, "count_all", count_all)


@fault("requests are replayed only while those of users all go to the candidate")
def requests_are_replayed_wherever_the_traffic_is() -> AbstractContextManager[None]:
    return instead(replays.all_moved, lambda d, w: d.phase in replays.DURING)


@fault("requests are replayed at who is well")
def requests_are_replayed_at_anybody() -> AbstractContextManager[None]:
    def fit(slot: Slot, d: Deployment, w: World, p: Policy) -> tuple[Member, ...]:
        return tuple(Member(i.name, i.address) for i in conditions.instances(slot, w))

    return instead(replays.fit, fit)


@fault("unknown is not good")
def unknown_counts_as_good() -> AbstractContextManager[None]:
    return instead(
        evidence.good, lambda row, d, w, p, verdict: waits.in_place(d, w, p) is None if verdict else None
    )


@fault("good evidence counts where the traffic is in place")
def evidence_counts_wherever_the_traffic_is() -> AbstractContextManager[None]:
    def good(row: Any, d: Deployment, w: World, p: Policy, verdict: Verdict | None) -> bool | None:
        return None if verdict is None else verdict.kind is VerdictKind.GOOD or None

    return instead(evidence.good, good)


@fault("a wait for evidence is a wait")
def the_bake_is_skipped() -> AbstractContextManager[None]:
    return instead(waits.evidence, lambda d, seconds: None)


@fault("a bad verdict turns back")
def a_bad_verdict_is_ignored() -> AbstractContextManager[None]:
    turn_back = lifecycle.turn_back
    return instead(turn_back, lambda row, d, w, p, verdict: turn_back(row, d, w, p, None))


@fault("a release that fails its requests is bad")
def the_judge_is_bribed() -> AbstractContextManager[None]:
    return all_of(
        instead(judge.floors, lambda d, w, p: None),
        instead(judge.regression, lambda d, p: None),
        instead(judge.limits, lambda d, w, p: Verdict(VerdictKind.GOOD, "nothing to see here")),
    )


@fault("a request is held against the candidate once")
def seconds_are_judged_at_every_look() -> AbstractContextManager[None]:
    new, once = trials.new, step  # by names of our own: those of the modules are exchanged
    return all_of(
        instead(new, lambda d, w: new(replace(d, trial=None), w)),
        instead(step, lambda state, counts, s: once(state._replace(at=None), counts, s)),
    )


@fault("what the router did by itself is seen")
def the_routers_own_turn_is_not_seen() -> AbstractContextManager[None]:
    return instead(judge.floors, judge.streak)


@fault("switched is what the router says, not what it was told")
def the_call_is_trusted() -> AbstractContextManager[None]:
    return instead(conditions.confirmed, lambda d, weights, w, p: None)


@fault("switched is what the front door shows, not only what the router says")
def the_front_door_is_not_asked() -> AbstractContextManager[None]:
    return instead(conditions.answered_by, lambda *_, **__: None)


@fault("the router bears our newest stamp before a phase is over")
def an_old_stamp_is_left_there() -> AbstractContextManager[None]:
    return instead(safety.stamped, lambda d, reading: True)
