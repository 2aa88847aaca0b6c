"""The table that `deploy` draws: every finished phase keeps its line, the running one says what it waits for."""

from __future__ import annotations

from verdigris.cli.show.amounts import duration, moment
from verdigris.cli.show.chapters import chapter_words, meter_words
from verdigris.cli.show.ink import Ink, Line, fit, line, wrapped
from verdigris.cli.show.road import Mark, meter, way_back
from verdigris.cli.show.story import Chapter, Story
from verdigris.core.lifecycle import ENDINGS
from verdigris.ports import Snapshot

__all__ = ["MARKS", "progress_lines"]

MARKS = {Mark.DONE: Ink.GOOD, Mark.NOW: Ink.NOW, Mark.AHEAD: Ink.DIM, Mark.TURNED: Ink.BAD}
NAME, TIME = 13, 9


def progress_lines(story: Story, now: float, width: int, ended: bool = False) -> list[Line]:
    """The whole table at the moment `now`. When it has `ended`, nothing is waited for any more."""
    lines = [heading(story), *(chapter_line(chapter, now, width) for chapter in story.chapters)]
    if story.snapshot and story.snapshot.deployment.phase not in ENDINGS and not ended:
        lines += [*waiting(story.snapshot, width), leaving(story.snapshot)]
    return [fit(one, width) for one in lines]


def heading(story: Story) -> Line:
    s = story.snapshot
    if s is None:
        return line(("verdigris deploy ", Ink.DIM), (story.app, Ink.BOLD), f"  {story.id}")
    d = s.deployment
    beside = f" · {d.live} = {d.previous.version}" if d.previous else " · the first release"
    return line(
        *(("verdigris deploy ", Ink.DIM), (f"{d.app} {d.release.version}", Ink.BOLD)),
        f"   {d.id} · {d.candidate}{beside}",
    )


def chapter_line(c: Chapter, now: float, width: int) -> Line:
    mark = mark_of(c)
    words = chapter_words(c) or ("" if c.ended is not None else "…")
    if mark is Mark.NOW and c.last is not None and meter(c.last) and meter(c.last).evidence:  # type: ignore[union-attr]
        words = f"{meter_words(c.last)} · {words}"
    took = duration(c.took(now)) if c.phase not in ENDINGS else ""
    room = max(width - NAME - TIME - 4, 10)
    middle = fit(line(words), room, pad=True)
    return (
        *line((f" {mark} ", MARKS[mark]), (c.phase.ljust(NAME), MARKS[mark])),
        *middle,
        *line(took.rjust(TIME)),
    )


def mark_of(c: Chapter) -> Mark:
    if c.phase in ("stuck", "rolled_back", "aborted") or c.turned:
        return Mark.TURNED
    return Mark.NOW if c.ended is None else Mark.DONE


def waiting(s: Snapshot, width: int) -> list[Line]:
    """The core's own sentence, and until when."""
    if not s.waiting_for:
        return []
    rows = wrapped(f"waiting for {s.waiting_for}{until(s)}", max(width - 6, 20), Ink.DIM)
    trouble = wrapped(s.trouble, max(width - 6, 20), Ink.WARN) if s.trouble else []
    return [(*line("   "), *row) for row in (*rows, *trouble)]


def until(s: Snapshot) -> str:
    """The moment that a wait ends: the earliest where evidence is gathered, the latest where a limit runs."""
    m = meter(s)
    if m is None or s.deployment.held:
        return ""
    when = moment(s.wall + m.left, s.wall)
    return f" · {when} at the earliest" if m.evidence else f" · {when} at the latest"


def leaving(s: Snapshot) -> Line:
    out = (
        ("   end it: ", "verdigris abort") if not s.deployment.moved else ("   back: ", "verdigris rollback")
    )
    ways = (out[0], (out[1], Ink.COMMAND)) if way_back(s) or not s.deployment.moved else ()
    return line(
        ("   Ctrl-C leaves it running", Ink.DIM), *ways, "   follow: ", ("verdigris watch", Ink.COMMAND)
    )
