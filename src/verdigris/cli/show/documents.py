"""What a program is told with `--json`: small dictionaries with the glossary's words, made from the same values."""

from __future__ import annotations

from typing import Any

from verdigris.cli.show.drilled import drilled_document
from verdigris.cli.show.found import found_document
from verdigris.cli.show.held import paused
from verdigris.cli.show.lanes import Lane, lane, number
from verdigris.cli.show.road import meter, road
from verdigris.cli.show.status import Staff, next_pairs
from verdigris.core.world import Slot
from verdigris.ports import Snapshot

__all__ = ["lane_document", "snapshot_document"]


def snapshot_document(s: Snapshot, staff: Staff, now: float, visited: tuple[str, ...] = ()) -> dict[str, Any]:
    """A snapshot as `status --json` tells it."""
    d, m = s.deployment, meter(s)
    return {
        "type": "result",
        "app": d.app,
        "deployment": d.id,
        "version": d.release.version,
        "previous": d.previous.version if d.previous else None,
        "candidate": d.candidate.value,
        "phase": d.phase,
        "step": d.step,
        "moved": d.moved,
        "held": d.held or None,
        "cause": d.cause or None,
        "road": [
            {"phase": stop.phase, "mark": stop.mark.name.lower()} for stop in road(d, s.policy, visited)
        ],
        "waiting_for": s.waiting_for or None,
        "meter": {"done": m.done, "whole": m.whole, "evidence": m.evidence, "until": s.wall + m.left}
        if m
        else None,
        "verdict": {"kind": s.verdict.kind.value, "sentence": s.verdict.sentence} if s.verdict else None,
        "judge": found_document(d, s.policy),
        "drilling": d.drill is not None,
        "last_drill": drilled_document(d.drilled) if d.drilled is not None else None,
        "trouble": s.trouble or None,
        "pause": paused(s).value,
        "requests_waiting": number(s.world.router.waiting),
        "slots": {slot.value: lane_document(lane(s, slot)) for slot in Slot},
        "controller": staff_document(staff.controller),
        "keeper": staff_document(staff.keeper),
        "seen_at": s.wall,
        "seen_ago": round(now - s.wall, 3),
        "next": [command for command, _ in next_pairs(s, staff)],
    }


def lane_document(one: Lane) -> dict[str, Any]:
    return {
        "role": one.role,
        "version": one.version or None,
        "weight": one.weight,
        "observed_share": one.share,
        "instances": None if one.unseen else one.wanted,
        "up": None if one.unseen else one.up,
        "healthy": None if one.unseen else one.healthy,
        "in_flight": one.in_flight,
        "long_lived": one.long_lived,
        "closing": one.closing,
        "told": one.told or None,
        "leaving": one.leaving,
        "requests_per_second": one.rate,
        "failed_lately": one.failed,
        "p99_ms": one.p99,
        "troubles": [one.unseen] if one.unseen else list(one.troubles),
    }


def staff_document(seen: tuple[int, float | None] | None) -> dict[str, Any] | None:
    return {"pid": seen[0], "since": seen[1]} if seen else None
