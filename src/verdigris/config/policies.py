"""verdigris.yaml ↔ `Policy`: which key fills which field, read in one direction and told in the other.

One table for both, so that a difference that `verdigris config apply` shows names the keys to edit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from verdigris.config.units import duration_text, fraction, percent_text, seconds, weight
from verdigris.core.policy import OnUnknown, Policy, Step

if TYPE_CHECKING:
    from verdigris.config.models import Service

__all__ = ["KEYS", "Change", "difference", "policy_hash", "policy_of", "ramp_text", "steps"]


@dataclass(frozen=True, slots=True)
class Manner:
    """How the file's form becomes the policy's, and back."""

    read: Callable[[Any], Any]
    tell: Callable[[Any], str]


def ramp_text(ramp: tuple[Step, ...]) -> str:
    """The ramp in the short form where it says all."""
    *before, last = ramp
    told = [
        f"{s.to}%" if s.lasts == Step(1).lasts else f"{{to: {s.to}%, for: {duration_text(s.lasts)}}}"
        for s in before
    ]
    return f"[{', '.join([*told, f'{last.to}%'])}]"


PROBE_SLACK = 5.0
"""What a probe may be late on a busy machine, in seconds, before the last one counts as unknown."""

NUMBER = Manner(int, str)
TIME = Manner(seconds, duration_text)
TIME_OR_NONE = Manner(
    lambda text: None if text == "none" else seconds(text),
    lambda amount: "none" if amount is None else duration_text(amount),
)
SHARE = Manner(weight, lambda share: f"{share}%")
PART = Manner(fraction, percent_text)
AS_IS = Manner(str, str)
WORD = Manner(OnUnknown, str)
REAL = Manner(float, lambda number: f"{number:g}")
FLAG = Manner(bool, lambda flag: str(flag).lower())
SPLIT = Manner(lambda word: word == "ignored", lambda sticky: "ignored" if sticky else "checked")
WEIGHTS = Manner(
    lambda weights: tuple(fraction(text) for text in weights.values()),
    lambda weights: ", ".join(percent_text(one) for one in weights),
)
UNPROVEN = Manner(lambda word: word == "pass", lambda passes: "pass" if passes else "refuse")
GATE = Manner(lambda word: word != "none", lambda gated: "person" if gated else "none")

KEYS: dict[str, tuple[str, Manner]] = {
    "instances": ("run.instances", NUMBER),
    "surge": ("run.surge", NUMBER),
    "healthy": ("health.healthy", NUMBER),
    "revive_after": ("run.revive_after", TIME),
    "unhealthy": ("health.unhealthy", NUMBER),
    "rehearse": ("rehearse.samples", NUMBER),
    "gate": ("gate", GATE),
    "unproven_passes": ("schema.unproven", UNPROVEN),
    "holdback": ("bake.holdback", SHARE),
    "drain": ("cutover.drain", TIME),
    "drain_long_lived": ("cutover.drain_long_lived", TIME),
    "bake": ("bake.for", TIME),
    "replay": ("bake.replay", NUMBER),
    "max_error_rate": ("bake.max_error_rate", PART),
    "max_p99": ("bake.max_p99", TIME_OR_NONE),
    "min_requests": ("bake.min_requests", NUMBER),
    "dead_streak": ("bake.max_streak", NUMBER),
    "judge_over": ("bake.over", TIME),
    "early": ("bake.early", FLAG),
    "require_proof": ("bake.require_proof", FLAG),
    "alpha": ("judge.alpha", PART),
    "grace": ("judge.grace", TIME),
    "error_ratio": ("judge.error_ratio", REAL),
    "error_margin": ("judge.error_margin", PART),
    "slower": ("judge.slower", PART),
    "slower_tail": ("judge.slower_tail", PART),
    "min_bad_seconds": ("judge.min_bad_seconds", NUMBER),
    "baseline": ("judge.baseline", FLAG),
    "weights": ("judge.weights", WEIGHTS),
    "sticky": ("judge.split", SPLIT),
    "outcomes_within": ("signals.stale_after", TIME),
    "stabilize": ("stabilize", TIME),
    "drill_every": ("drill.every", TIME_OR_NONE),
    "drill_share": ("drill.share", SHARE),
    "drill_for": ("drill.for", TIME),
    "before_cutover": ("on_unknown.before_cutover", WORD),
    "after_cutover": ("on_unknown.after_cutover", WORD),
    "unknown_for": ("on_unknown.after", TIME),
    "fresh_within": ("on_unknown.stale_after", TIME),
    "alert_after": ("alerts.after", TIME),
    "preflight_within": ("within.preflight", TIME),
    "prove_within": ("within.prove", TIME),
    "expand_within": ("within.expand", TIME),
    "provision_within": ("within.provision", TIME),
    "validate_within": ("within.validate", TIME),
    "rehearse_within": ("within.rehearse", TIME),
    "gate_within": ("within.gate", TIME),
    "cutover_within": ("within.cutover", TIME),
    "restore_within": ("within.restore", TIME),
    "discard_within": ("within.discard", TIME),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One key of which two policies differ, both values as a person would write them."""

    key: str
    old: str
    new: str


def policy_of(service: Service) -> Policy:
    """The policy that a checked service asks for."""
    written = service.model_dump(by_alias=True)
    read = {field: manner.read(_at(written, key)) for field, (key, manner) in KEYS.items()}
    health = service.health
    probe_within = seconds(health.interval) + seconds(health.timeout) + PROBE_SLACK
    # How many requests a user sends is his to decide: where users stick to a slot, requests are not split as told.
    read["sticky"] |= service.route.cohort.by != "none"
    schema = service.schema_
    expand = schema.tool != "none"
    # Without a role for each slot nobody could see that the old slot has left the database.
    contract = expand and schema.role != "none"
    return Policy(ramp=steps(service), probe_within=probe_within, expand=expand, contract=contract, **read)


def steps(service: Service) -> tuple[Step, ...]:
    """The ramp's steps. Who asks for a holdback and names no ramp means all but the holdback, at once."""
    cutover = service.cutover
    if "ramp" not in cutover.model_fields_set:
        return (Step(100 - weight(service.bake.holdback), 0.0),)
    *before, last = cutover.ramp
    return (*(Step(weight(step.to), seconds(step.lasts)) for step in before), Step(weight(last.to), 0.0))


def difference(old: Policy, new: Policy) -> tuple[Change, ...]:
    """The keys of which two policies differ. A field that no key fills, or several together, goes by its own name."""
    told = (_told(old), _told(new))
    return tuple(Change(key, told[0][key], told[1][key]) for key in told[0] if told[0][key] != told[1][key])


def policy_hash(policy: Policy) -> str:
    """The same for equal policies, across processes and machines."""
    text = json.dumps(asdict(policy), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _told(policy: Policy) -> dict[str, str]:
    told = {"cutover.ramp": ramp_text(policy.ramp)}
    for field in policy.__slots__:
        if field != "ramp":
            key, manner = KEYS.get(field, (field, AS_IS))
            told[key] = manner.tell(getattr(policy, field))
    return told


def _at(written: Any, key: str) -> Any:
    for part in key.split("."):
        written = written[part]
    return written
