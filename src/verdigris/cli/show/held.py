"""What the router keeps back or brings to an end by itself, in words: a paused app, and long-lived connections."""

from __future__ import annotations

from verdigris.cli.show.amounts import plural
from verdigris.core.routes import SAID
from verdigris.core.world import Known, Pause, Slot
from verdigris.ports import Snapshot

__all__ = ["closing_words", "pause_words", "paused", "unpausing"]


def paused(s: Snapshot) -> Pause:
    """What was asked for, or else what the router is seen to do."""
    reading = s.world.router.reading
    seen = reading.value.routing.pause if isinstance(reading, Known) else Pause.NONE
    return s.deployment.pause if s.deployment.pause is not Pause.NONE else seen


def pause_words(s: Snapshot) -> str:
    """What happens to requests instead of reaching the app, and how many wait; empty when nothing is paused."""
    wanted, reading, waiting = paused(s), s.world.router.reading, s.world.router.waiting
    if wanted is Pause.NONE:
        return ""
    if not isinstance(reading, Known):
        return f"{SAID[wanted]}; whether the router does it cannot be seen"
    if reading.value.routing.pause is not s.deployment.pause:
        return f"{SAID[s.deployment.pause]}; the router does not do it yet"
    held = waiting.value if isinstance(waiting, Known) and wanted is not Pause.MAINTENANCE else 0
    return SAID[wanted] + (f", {plural(held, 'request')} now" if held else "")


def closing_words(s: Snapshot) -> str:
    """Which long-lived connections are being ended, and how far that has come; empty when none are."""
    router = s.world.router
    return "; ".join(
        f"those of {slot}, one after the other: {router.cut[slot]} ended so far{left(router.long_lived[slot])}"
        for slot in Slot
        if slot in router.closing
    )


def left(seen: object) -> str:
    return f", {seen.value} are left" if isinstance(seen, Known) else ""


def unpausing(s: Snapshot) -> tuple[tuple[str, str], ...]:
    """What ends a pause, with what it does."""
    ends = {
        Pause.SAFE: "verdigris unpause",
        Pause.ALL: "verdigris unpause",
        Pause.MAINTENANCE: "verdigris maintenance off",
    }
    command = ends.get(paused(s))
    return ((command, "lets requests through again"),) if command else ()
