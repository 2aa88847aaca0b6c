"""What can be done to the world, and what it is wanted to look like. Whether it may be done is for `core.safety`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from verdigris.core.world import Release, Role, Routing, Slot, Weights

__all__ = ["Action", "Desired", "Kind"]


class Kind(StrEnum):
    """What can be done to the world."""

    PROVE = "prove"
    EXPAND = "expand"
    PROVISION = "provision"
    REHEARSE = "rehearse"
    ROUTE = "route"
    CLOSE_STREAMS = "close_streams"
    TELL = "tell"
    DRAIN = "drain"
    RESUME = "resume"
    TEAR_DOWN = "tear_down"
    CONTRACT = "contract"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Desired:
    """What a phase wants the world to look like.

    `fallback` is who takes over when the serving slot dies.
    `also` is the long job that this phase is there for. `spare` are slots that are not touched at all.
    """

    keep: frozenset[Slot]
    weights: Weights
    fallback: Slot | None = None
    also: Kind | None = None
    spare: frozenset[Slot] = frozenset()


@dataclass(frozen=True, slots=True)
class Action:
    """One effect, derived and idempotent; it is never stored as progress."""

    kind: Kind
    why: str
    slot: Slot | None = None
    release: Release | None = None
    count: int = 0
    routing: Routing | None = None
    role: Role | None = None
    seconds: float = 0.0
