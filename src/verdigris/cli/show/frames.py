"""A slot as a frame of the live screen: share, health, requests in flight, and the last seconds as charts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verdigris.cli.show.amounts import bar, count, per_second, percent, sparkline
from verdigris.cli.show.ink import Ink, Line, Span, fit, line, width
from verdigris.cli.show.lanes import Lane
from verdigris.cli.show.status import ROLES, SLOTS

__all__ = ["framed", "spread"]

WIDE = 33
DOTS_MOST = 64
"""As many as anybody would count; a policy edited by hand may want any number."""
WORDS, WORDS_LEAST, CHART_LEAST, CHART_MOST = 28, 23, 12, 30
LABELS = ("healthy", "in flight", "requests", "failed")


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
    nothing = "unknown" if one.unseen else "nothing"
    name = line((one.version or nothing, Ink.BOLD if one.version else Ink.DIM))
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
        room = min(columns - (WORDS if columns >= WORDS + CHART_LEAST else WORDS_LEAST), CHART_MOST)
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
    if one.unseen:
        return line("?")
    if not one.wanted:
        return line(("none", Ink.DIM))
    dots = "●" * one.healthy + "◐" * max(one.up - one.healthy, 0)
    ink = Ink.GOOD if one.healthy >= one.wanted else Ink.WARN if one.healthy else Ink.BAD
    absent = min(one.wanted, DOTS_MOST) - len(dots)
    return line((dots + "○" * absent, ink), f" {one.healthy}/{one.wanted}")


def flight(one: Lane) -> Line:
    streams = f" + {one.long_lived} long-lived{', closing' if one.closing else ''}" if one.long_lived else ""
    return line(("?" if one.in_flight is None else str(one.in_flight)) + streams)


def rate(one: Lane, columns: int) -> Line:
    slow = (
        f"  p99 {count(one.p99)} ms"
        if one.p99 is not None and (columns >= WORDS + CHART_LEAST or WORDS <= columns < WIDE)
        else ""
    )
    return line("?" if one.rate is None else per_second(one.rate), (slow, Ink.DIM))


def failures(one: Lane) -> Line:
    known = [n for n in one.failures if n is not None]
    words = f"{count(one.failed)} in {len(known)} s" if known else "?"
    return line((words, Ink.BAD if one.failed else Ink.PLAIN))


def spread(left: Line, right: Line, columns: int) -> Line:
    """One at the left edge, one at the right; below 60 columns the left one gives way."""
    room = max(columns - width(right) - 2, 0)
    return (*fit(left, room, pad=True), Span("  "), *right)
