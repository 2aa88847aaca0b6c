"""Why a deployment is where it is, in sentences: what the phase means, what is waited for, what was decided last and
why, what comes next, what can be typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verdigris.cli.show.amounts import duration, moment
from verdigris.cli.show.chapters import chapter_words
from verdigris.cli.show.failure import traffic_words
from verdigris.cli.show.found import Evidence, begun_small, evidence_line, found_words
from verdigris.cli.show.ink import Ink, Line, line, wrapped
from verdigris.cli.show.lanes import trouble
from verdigris.cli.show.meanings import MEANINGS, meaning
from verdigris.cli.show.progress import until
from verdigris.cli.show.road import Meter, forward_road, meter, next_commands, way_back
from verdigris.cli.show.story import Story
from verdigris.core.judge import VerdictKind
from verdigris.core.lifecycle import BACKWARD, ENDINGS, ROWS
from verdigris.core.world import Known, Slot
from verdigris.ports import Event, Snapshot

__all__ = ["explanation", "paragraphs"]

BACK = {row.name for row in BACKWARD}
FOLLOWING = {"restore": "settle", "settle": "discard", "abort": "discard"}
ROOM = 80
"""Columns that the evidence may take; a narrower screen wraps its words."""
TELLING = ("phase", "step", "command", "refused", "resumed", "alert", "failed", "recovered")


def explanation(
    s: Snapshot, story: Story, events: Sequence[Event], now: float, grown: Evidence = ()
) -> list[tuple[str, str]]:
    """Label and sentences, in the order of reading; `grown` is the evidence of the trial so far."""
    parts = [
        ("where", where(s)),
        ("why", why(s)),
        ("waiting for", waiting(s)),
        ("evidence", evidence(s, story)),
        ("compared", found_words(s.deployment, s.policy)),
        ("afterwards", f"{story.afterwards}." if story.afterwards else ""),
        ("odds", evidence_line(s.deployment, s.policy, grown, ROOM)),
        ("decided", decided(events, now)),
        ("comes next", comes_next(s)),
        ("if it fails", if_it_fails(s)),
        ("trouble", "; ".join(text for text in (s.trouble, *given_up(s)) if text)),
    ]
    return [(label, text) for label, text in parts if text]


def given_up(s: Snapshot) -> list[str]:
    """Instances that nobody tries to start any more, and why: a changed release for instance."""
    seen = [s.world.slots[slot] for slot in Slot]
    here = [i for each in seen if isinstance(each, Known) for i in each.value.instances]
    return [f"{i.name}: {trouble(i, s)}" for i in here if i.broken]


def where(s: Snapshot) -> str:
    d = s.deployment
    road = forward_road(d, s.policy)
    place = f", phase {road.index(d.phase) + 1} of {len(road)}" if d.phase in road else ""
    ships = f"{d.id} ships {d.app} {d.release.version} to {d.candidate}."
    return f"{ships} It is in {d.phase}{place}: {meaning(d)}. Traffic: {traffic_words(s)}."


def why(s: Snapshot) -> str:
    d = s.deployment
    cause = begun_small(d.cause)
    said = f"It turned back because {cause}." if cause and d.phase != "stuck" else ""
    stuck = f"It is stuck in {d.stuck_in} because {cause}." if d.phase == "stuck" else ""
    held = f"It stands still because {d.held}." if d.held else ""
    return " ".join(text for text in (said, stuck, held) if text)


def waiting(s: Snapshot) -> str:
    return f"{s.waiting_for}{until(s)}." if s.waiting_for else ""


def evidence(s: Snapshot, story: Story) -> str:
    m, chapter = meter(s), story.chapters[-1] if story.chapters else None
    facts = [f"{duration(m.done)} of {duration(m.whole)} good"] if m and m.evidence else []
    facts += [f"the verdict is {s.verdict.kind}: {s.verdict.sentence}"] if s.verdict else []
    words = chapter_words(chapter) if chapter and s.deployment.phase not in ENDINGS else ""
    facts += [words] if words and not s.verdict else []
    return f"{'; '.join(facts)}." if facts else ""


def decided(events: Sequence[Event], now: float) -> str:
    """The last decision, and why."""
    last = next((e for e in reversed(events) if e.kind in TELLING), None)
    if last is None:
        return ""
    seen = f" Seen then: {last.evidence}." if last.evidence else ""
    did = "it entered" if last.kind == "phase" else f"{last.kind}:"
    return f"{moment(last.wall, now)} {did} {last.sentence}.{seen}"


def comes_next(s: Snapshot) -> str:
    d = s.deployment
    following = next_phase(s)
    if d.phase in ENDINGS:
        return (
            "Nothing by itself; the next deployment begins with `verdigris deploy`."
            if d.phase != "stuck"
            else ""
        )
    if not following:
        return ""
    means = f", which means that {words_of(s, following)}" if following in MEANINGS else ""
    return f"{condition(s, meter(s))}: {following}{means}."


def condition(s: Snapshot, m: Meter | None) -> str:
    if s.deployment.held:
        return "When somebody types `verdigris resume` and what is waited for has come about"
    if s.verdict and s.verdict.kind is VerdictKind.UNKNOWN:
        return "When there is a verdict again and it has been good for long enough"
    if m is not None and m.evidence:
        return f"After {duration(m.left)} more of good evidence"
    return "As soon as that has come about"


def next_phase(s: Snapshot) -> str:
    d = s.deployment
    if d.phase == "cutover" and d.previous is not None and d.step + 1 < len(s.policy.ramp):
        return f"the step to {s.policy.ramp[d.step + 1].to} %"
    road = forward_road(d, s.policy)
    if d.phase in road:
        return road[min(road.index(d.phase) + 1, len(road) - 1)]
    return FOLLOWING.get(d.phase, ("rolled_back" if d.moved else "aborted") if d.phase == "discard" else "")


def words_of(s: Snapshot, phase: str) -> str:
    return meaning(replace(s.deployment, phase=phase))


def if_it_fails(s: Snapshot) -> str:
    d = s.deployment
    if d.phase in ENDINGS or d.phase in BACK or d.phase not in ROWS:
        return ""
    if not d.moved:
        return f"The deployment is aborted and {d.live} serves on: no request has met {d.release.version}."
    if way_back(s):
        return f"Traffic goes back to {way_back(s)} by itself, within seconds."
    return "There is no slot to go back to: it stays where it is and calls a person."


def paragraphs(parts: Sequence[tuple[str, str]], s: Snapshot, width: int) -> list[Line]:
    """The sentences as text, and what can be typed."""
    lines: list[Line] = []
    for label, text in parts:
        rows = wrapped(text, max(width - 14, 16), Ink.BAD if label in ("trouble", "why") else Ink.PLAIN)
        lines += [
            (*line((name.ljust(14), Ink.DIM)), *row)
            for name, row in zip([label, *[""] * len(rows)], rows, strict=False)
        ]
    for index, (command, does) in enumerate(next_commands(s)):
        lines.append(
            line(
                (("you can type" if not index else "").ljust(14), Ink.DIM), (command, Ink.COMMAND), f" {does}"
            )
        )
    return lines
