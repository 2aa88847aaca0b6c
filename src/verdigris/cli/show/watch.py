"""The live screen: two lanes side by side, the road below, what is waited for, what happened last, what to type.

It fits any window from 60 columns on; what does not fit in height is left out from the bottom of the events.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from verdigris.cli.show.amounts import ago, bar, count, duration, moment, per_second, percent, sparkline
from verdigris.cli.show.ink import Ink, Line, Span, beside, fit, join, line, width
from verdigris.cli.show.lanes import Lane, lane
from verdigris.cli.show.progress import MARKS, until
from verdigris.cli.show.road import Mark, meter, next_commands, road
from verdigris.cli.show.status import ROLES, SLOTS, VERDICTS, Staff, labelled, one_of_staff
from verdigris.cli.show.story import Story
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Slot
from verdigris.ports import Event, Snapshot

__all__ = ["watch_lines"]

GAP = 2
WORDS, CHART_MOST = 28, 30
NARROW, WIDE, TALL = 40, 44, 30
OLD = 3.0
EVENTS_MOST = 8
KINDS = {
    "alert": Ink.BAD,
    "failed": Ink.WARN,
    "refused": Ink.WARN,
    "phase": Ink.NOW,
    "command": Ink.BOLD,
    "step": Ink.NOW,
}
LABELS = ("healthy", "in flight", "requests", "failed", "p99")


def watch_lines(
    s: Snapshot, story: Story, events: Sequence[Event], staff: Staff, now: float, columns: int, rows: int
) -> list[Line]:
    """The screen at the moment `now`."""
    columns = max(columns, NARROW)
    each = (columns - GAP) // 2
    blue, green = (framed(lane(s, slot), each, tall=rows >= TALL) for slot in Slot)
    top = [*heading(s, columns), (), *beside(blue, green, each, GAP), ()]
    middle = [*stops(s, story, now, columns), (), *about(s, now, columns)]
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


def spread(left: Line, right: Line, columns: int) -> Line:
    """One at the left edge, one at the right; below 60 columns the left one gives way."""
    room = max(columns - width(right) - 2, 0)
    return (*fit(left, room, pad=True), Span("  "), *right)


# --- the lanes --------------------------------------------------------------------------------------------------


def framed(one: Lane, columns: int, tall: bool) -> list[Line]:
    """A slot in a frame of its colour, its role in the upper edge."""
    ink, inner = SLOTS[one.slot], columns - 4
    head = line(("╭─ ", ink), (one.slot.value, ink), (" ", ink))
    role = line((" ", ink), (one.role, ROLES[one.role]), (" ─╮", ink))
    edge = line(("─" * max(columns - width(head) - width(role), 0), ink))
    body = [
        (*line(("│ ", ink)), *fit(text, inner, pad=True), *line((" │", ink)))
        for text in inside(one, inner, tall)
    ]
    return [(*head, *edge, *role), *body, line(("╰" + "─" * (columns - 2) + "╯", ink))]


def inside(one: Lane, columns: int, tall: bool) -> list[Line]:
    """The same number of lines for every slot, so that the lanes stay level."""
    weight = "?" if one.weight is None else f"{one.weight} %"
    trouble = one.unseen or next(iter(one.troubles), "")
    name = line((one.version or "nothing", Ink.BOLD if one.version else Ink.DIM))
    requests, failed = pair("requests", rate(one, columns)), pair("failed", failures(one))
    spark = Sparks(one)
    return [
        spread(name, line((weight, Ink.BOLD)), columns),
        share_bar(one, columns),
        pair("healthy", health(one)),
        pair("in flight", flight(one)),
        *charted(requests, spark.requests, columns, tall),
        *charted(failed, spark.failures, columns, tall),
        line((trouble and f"✖ {trouble}", Ink.BAD)),
    ]


def charted(words: Line, chart: Callable[[int], Line], columns: int, tall: bool) -> list[Line]:
    """Words and their chart on one line where there is room, else one below the other if the window is tall."""
    if columns >= WIDE:
        room = min(columns - WORDS, CHART_MOST)
        return [(*fit(words, columns - room - 1, pad=True), Span(" "), *chart(room))]
    return [words, chart(columns)] if tall else [words]


@dataclass(frozen=True, slots=True)
class Sparks:
    """The last seconds of a lane as charts. Failures are to the scale of the requests: full height is all failed."""

    lane: Lane

    def requests(self, columns: int) -> Line:
        return line((sparkline(self.lane.requests, columns), SLOTS[self.lane.slot]))

    def failures(self, columns: int) -> Line:
        top = max((n for n in self.lane.requests if n is not None), default=0.0)
        return line((sparkline(self.lane.failures, columns, top), Ink.BAD if self.lane.failed else Ink.DIM))


def pair(label: str, text: Line) -> Line:
    return (*line((label.ljust(max(map(len, LABELS)) + 2), Ink.DIM)), *text)


def share_bar(one: Lane, columns: int) -> Line:
    """The share that was seen in the counts, as a bar: what the router says stands above it."""
    words = "no requests" if one.share is None else f"seen {percent(one.share, 1.0)}"
    room = max(columns - max(len(words), 11) - 1, 4)
    drawn = bar(one.share or 0.0, room) if one.share is not None else "░" * room
    return line((drawn, SLOTS[one.slot] if one.share else Ink.DIM), (f" {words.rjust(11)}", Ink.DIM))


def health(one: Lane) -> Line:
    if not one.wanted:
        return line(("none", Ink.DIM))
    dots = "●" * one.healthy + "◐" * max(one.alive - one.healthy, 0)
    ink = Ink.GOOD if one.healthy >= one.wanted else Ink.WARN if one.healthy else Ink.BAD
    return line((dots + "○" * max(one.wanted - len(dots), 0), ink), f" {one.healthy}/{one.wanted}")


def flight(one: Lane) -> Line:
    streams = f" + {one.long_lived} long-lived" if one.long_lived else ""
    return line(("?" if one.in_flight is None else str(one.in_flight)) + streams)


def rate(one: Lane, columns: int) -> Line:
    slow = f"  p99 {count(one.p99)} ms" if one.p99 is not None and columns >= WORDS else ""
    return line("?" if one.rate is None else per_second(one.rate), (slow, Ink.DIM))


def failures(one: Lane) -> Line:
    known = [n for n in one.failures if n is not None]
    words = f"{count(one.failed)} in {len(known)} s" if known else "?"
    return line((words, Ink.BAD if one.failed else Ink.PLAIN))


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


def about(s: Snapshot, now: float, columns: int) -> list[Line]:
    """What is waited for with the time that is left, the verdict, and what is wrong."""
    d = s.deployment
    lines = labelled("waiting for", countdown(s, now), columns) if s.waiting_for else []
    if s.verdict is not None:
        lines += labelled(
            "verdict", f"{s.verdict.kind}: {s.verdict.sentence}", columns, VERDICTS[s.verdict.kind]
        )
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
        for e in events[-most:]
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
    who = [one_of_staff("controller", staff.controller, now), one_of_staff("keeper", staff.keeper, now)]
    dim = tuple(replace(span, ink=span.ink or Ink.DIM) for one in who for span in (Span(" · "), *one))
    return line(("  q leaves, all goes on · ", Ink.DIM), seen, *dim)
