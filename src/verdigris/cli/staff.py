"""Who is at work for a state directory: the controller by its lease, the keeper by its answer."""

from __future__ import annotations

import os
import time

from verdigris.cli.session import Session
from verdigris.cli.show.status import Staff
from verdigris.core.errors import VerdigrisError

__all__ = ["staff_of"]


def staff_of(session: Session) -> Staff:
    """Pid and since when, on the wall clock; what cannot be asked counts as not there."""
    wall = session.voice.wall()
    return Staff(controller_of(session, wall), keeper_of(session, wall))


def controller_of(session: Session, wall: float) -> tuple[int, float | None] | None:
    try:
        holder = session.house.controller()
    except VerdigrisError:
        return None
    if holder is None:
        return None
    started = holder.identity.start_time / os.sysconf("SC_CLK_TCK")
    return holder.identity.pid, at_wall(started, wall)


def keeper_of(session: Session, wall: float) -> tuple[int, float | None] | None:
    seen = session.house.keeper()
    return (seen.keeper.pid, at_wall(seen.keeper.since, wall)) if seen is not None else None


def at_wall(since_boot: float, wall: float) -> float:
    """A moment of the boot clock as one of the wall clock."""
    return wall - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)
