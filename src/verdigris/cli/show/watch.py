"""The live screen: two lanes side by side, the road below, what is waited for, what happened last, what to type.

It fits any window from 60 columns on; what does not fit in height is left out from the bottom of the events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verdigris.cli.show.amounts import ago, bar, duration, moment
from verdigris.cli.show.found import Evidence, evidence_line, found_line
from verdigris.cli.show.frames import framed, spread
from verdigris.cli.show.ink import Ink, Line, Span, beside, fit, join, line, width
from verdigris.cli.show.lanes import lane
from verdigris.cli.show.progress import MARKS, until
from verdigris.cli.show.road import Mark, meter, next_commands, road
from verdigris.cli.show.status import (
    LABEL,
    SLOTS,
    VERDICTS,
    Staff,
    comparing,
    kept_back,
    labelled,
    one_of_staff,
)
from verdigris.cli.show.story import Story
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Slot
from verdigris.ports import Event, Snapshot

__all__ = ["watch_lines"]

GAP = 2
NARROW, TALL = 40, 30
OLD = 3.0
EVENTS_MOST = 8
UNTOLD = ("passed over",)
KINDS = {
    "alert": Ink.BAD,
    "failed": Ink.WARN,
    "refused": Ink.WARN,
    "phase": Ink.NOW,
    "command": Ink.BOLD,
    "step": Ink.NOW,
}


def watch_lines(
    s: Snapshot,
    story: Story,
    events: Sequence[Event],
    staff: Staff,
    now: float,
    columns: int,
    rows: int,
    evidence: Evidence = (),
) -> list[Line]:
    """The screen at the moment `now`; `evidence` is that of the trial so far."""
    columns = max(columns, NARROW)
    each = (columns - GAP) // 2
    blue, green = (framed(lane(s, slot), each, tall=rows >= TALL) for slot in Slot)
    top = [*heading(s, columns), (), *beside(blue, green, each, GAP), ()]
    middle = [*stops(s, story, now, columns), (), *about(s, now, columns, evidence)]
    bottom = [(), *typed(s, columns), foot(s, staff, now)]
    room = rows - len(top) - len(middle) - len(bottom) - 1
    told = [(), *latest(events, now, min(room, EVENTS_MOST))] if room > 0 and events else []
    # What does not fit gives way in the middle: the lanes and the commands stay.
    kept = [*top, *middle, *told][: max(rows - len(bottom), 0)]
    return [fit(one, columns) for one in (*kept, *bottom)]


# --- the head ---------------------------------------------------------------------------------------------------


def heading(s: Snapshot, columns: int) -> list[Line]:
    """What is shipped where; the phase and how far it has come at the right."""
    d, m = s.deployment, meter(s)
    left = line(
        (d.app, Ink.BOLD), f"  {d.id}  {d.release.version} → ", (d.candidate.value, SLOTS[d.candidate])
    )
    ink = ending_ink(d.phase) if d.phase in ENDINGS else Ink.NOW
    right = line(
        (d.phase, ink), f"  {duration(m.done)} of {duration(m.whole)} good" if m and m.evidence else ""
    )
    lines = [spread(left, right, columns)]
    if m is not None and m.evidence:
        lines.append(line((bar(m.done / m.whole if m.whole else 1.0, columns), Ink.GOOD)))
    return lines


def ending_ink(phase: str) -> Ink:
    return Ink.GOOD if phase == "succeeded" else Ink.BAD


# --- the rest ---------------------------------------------------------------------------------------------------


def stops(s: Snapshot, story: Story, now: float, columns: int) -> list[Line]:
    """The road, each finished phase with its time."""
    times = {c.phase: c.took(now) for c in story.chapters}
    lines: list[Line] = [()]
    for stop in road(s.deployment, s.policy, story.visited):
        shown = stop.phase in times and stop.phase not in ENDINGS and stop.mark is not Mark.AHEAD
        name = MARKS[stop.mark] if stop.mark is not Mark.DONE else Ink.PLAIN
        took = f" {duration(times[stop.phase])}" if shown else ""
        word = line((f"{stop.mark} ", MARKS[stop.mark]), (stop.phase, name), (took, Ink.DIM))
        longer = join([lines[-1], word])
        lines = [*lines[:-1], longer] if width(longer) <= columns else [*lines, word]
    return lines


def about(s: Snapshot, now: float, columns: int, evidence: Evidence = ()) -> list[Line]:
    """What is waited for with the time that is left, the verdict, and what is wrong."""
    d = s.deployment
    lines = [one for label, text, ink in kept_back(s) for one in labelled(label, text, columns, ink)]
    lines += labelled("waiting for", countdown(s, now), columns) if s.waiting_for else []
    if s.verdict is not None:
        lines += labelled(
            "verdict", f"{s.verdict.kind}: {s.verdict.sentence}", columns, VERDICTS[s.verdict.kind]
        )
    if comparing(d) and (found := found_line(d, s.policy)):
        lines += labelled("compared", found, columns)
        grown = evidence_line(d, s.policy, evidence, columns - LABEL - 2)
        lines += labelled("", grown, columns) if grown else []
    if d.cause:
        lines += labelled("cause", d.cause, columns, Ink.BAD)
    if s.trouble:
        lines += labelled("trouble", s.trouble, columns, Ink.BAD)
    return lines or labelled("", "nothing is waited for", columns, Ink.DIM)


def countdown(s: Snapshot, now: float) -> str:
    """The core's sentence, and how long still: counted on since the last look, as long as that is fresh."""
    m = meter(s)
    if m is None:
        return s.waiting_for
    left = max(m.left - min(max(now - s.wall, 0.0), OLD), 0.0)
    return s.waiting_for + ("" if m.evidence else f" · {duration(left)} left") + until(s)


def latest(events: Sequence[Event], now: float, most: int) -> list[Line]:
    """The last events, the newest at the bottom."""
    return [
        line(
            (f"  {moment(e.wall, now)}  ", Ink.DIM),
            (e.kind.ljust(11), KINDS.get(e.kind, Ink.DIM)),
            f" {e.sentence}",
        )
        for e in [e for e in events if e.kind not in UNTOLD][-most:]
    ]


def typed(s: Snapshot, columns: int) -> list[Line]:
    """The commands that help now, without the one that this is."""
    words = [
        line((command, Ink.COMMAND), (f" {why}", Ink.DIM))
        for command, why in next_commands(s)
        if command != "verdigris watch"
    ]
    lines: list[Line] = [()]
    for word in words:
        longer = join([lines[-1], word], "   ")
        lines = [*lines[:-1], longer] if width(longer) <= columns - 2 else [*lines, word]
    return [line("  ", *one) for one in lines if one]


def foot(s: Snapshot, staff: Staff, now: float) -> Line:
    """How to leave, how old the picture is, and who is at work."""
    seen = (f"seen {ago(s.wall, now)}", Ink.DIM if now - s.wall < OLD else Ink.WARN)
    both = (("controller", staff.controller), ("keeper", staff.keeper))
    who = [one_of_staff(name, one and (one[0], None), now) for name, one in both]
    dim = tuple(replace(span, ink=span.ink or Ink.DIM) for one in who for span in (Span(" · "), *one))
    return line(("  q leaves, all goes on · ", Ink.DIM), seen, *dim)
