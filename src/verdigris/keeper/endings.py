"""What the end of a process makes of its record, and how that is said. Pure."""

from __future__ import annotations

import signal
from dataclasses import replace

from verdigris.keeper.journal import Instance, Slot
from verdigris.keeper.observed import State
from verdigris.keeper.restarts import Tuning, delay, limit

__all__ = ["backed_off", "ending", "given_up", "how_stopped"]


def ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "ended, its exit code is unknown"
    return f"exited {code}" if code >= 0 else f"died of signal {-code}"


def how_stopped(code: int | None, took: float) -> str:
    """The same for one that was asked to."""
    if code == -signal.SIGKILL:
        return f"killed after {took:.1f} s: ignores SIGTERM"
    return f"{ending(code)} after SIGTERM in {took:.1f} s"


def given_up(slot: Slot, how: str, tuning: Tuning) -> str:
    """Why an instance of the slot is not started again; "" when it is."""
    if slot.proven or slot.restarts < limit(slot.count):
        return ""
    return (
        f"{how}; {slot.name} was restarted {slot.restarts} times and never up for {tuning.settled_after:g} s,"
        " so nobody tries again; see its log, then deploy a release that starts"
    )


def backed_off(instance: Instance, code: int | None, how: str, moment: float, tuning: Tuning) -> Instance:
    """The instance that waits for its next start."""
    return replace(
        instance,
        state=State.BACKOFF,
        process=None,
        exit_code=code,
        since=moment,
        until=moment + delay(instance.streak, tuning),
        restarts=instance.restarts + 1,
        streak=instance.streak + 1,
        sentence=f"last time it {how}",
    )
