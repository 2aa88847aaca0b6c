"""Deployments as a table, and one of them as a report: text, Markdown or a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verdigris.cli.show.amounts import duration, moment
from verdigris.cli.show.drilled import drilled_document, drilled_line
from verdigris.cli.show.failure import traffic_words
from verdigris.cli.show.ink import Ink, Line, clean, fit, line, wrapped
from verdigris.cli.show.result import took
from verdigris.cli.show.story import Story
from verdigris.core.deployment import Deployment
from verdigris.core.lifecycle import ENDINGS
from verdigris.ports import Event, Snapshot

__all__ = ["Told", "history_document", "history_lines", "report_document", "report_lines", "report_markdown"]

INKS = {"succeeded": Ink.GOOD, "rolled_back": Ink.BAD, "aborted": Ink.WARN, "stuck": Ink.BAD}
SAID = (
    "phase",
    "step",
    "command",
    "refused",
    "resumed",
    "cut",
    "drill",
    "alert",
    "failed",
    "recovered",
    "passed over",
)


@dataclass(frozen=True, slots=True)
class Told:
    """A deployment with what its event log says. `snapshot` is there while it is the newest one."""

    deployment: Deployment
    story: Story
    events: tuple[Event, ...] = ()
    snapshot: Snapshot | None = None


def history_lines(all_told: Sequence[Told], now: float, width: int) -> list[Line]:
    """The table, the newest first."""
    if not all_told:
        return [line("nothing was ever deployed. Begin with ", ("verdigris deploy", Ink.COMMAND))]
    head = ("deployment", "release", "slot", "is", "began", "took", "by")
    rows = [cells(told, now) for told in all_told]
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    lines = [line((padded(head, widths), Ink.DIM))]
    for told, row in zip(all_told, rows, strict=True):
        lines.append(line((padded(row, widths), INKS.get(told.deployment.phase, Ink.NOW))))
        if told.deployment.cause:
            lines.append(line((f"  {told.deployment.cause}", Ink.DIM)))
        if drilled_here(told):
            lines.append(line((f"  drill {drilled_line(told.deployment, now)}", Ink.DIM)))
    return [fit(one, width) for one in lines]


def drilled_here(told: Told) -> bool:
    """Whether the last drill that the deployment knows of was one of its own."""
    record, began = told.deployment.drilled, told.story.began
    return record is not None and began is not None and record.wall >= began


def padded(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def cells(told: Told, now: float) -> tuple[str, ...]:
    d, story = told.deployment, told.story
    began = moment(story.began, now, seconds=False) if story.began is not None else "?"
    state = f"{d.phase} (superseded by {d.superseded_by})" if d.superseded_by else d.phase
    return (
        d.id,
        clean(d.release.version),
        d.candidate.value,
        state,
        began,
        duration(took(story, now)),
        clean(d.actor),
    )


def history_document(all_told: Sequence[Told], now: float) -> list[dict[str, Any]]:
    return [summary(told, now) | {"last_drill": drill_document(told)} for told in all_told]


def drill_document(told: Told) -> dict[str, Any] | None:
    record = told.deployment.drilled
    return drilled_document(record) if record is not None and drilled_here(told) else None


def summary(told: Told, now: float) -> dict[str, Any]:
    d = told.deployment
    return {
        "deployment": d.id,
        "app": d.app,
        "version": d.release.version,
        "digest": d.release.digest,
        "previous": d.previous.version if d.previous else None,
        "slot": d.candidate.value,
        "phase": d.phase,
        "ended": d.phase in ENDINGS,
        "superseded_by": d.superseded_by or None,
        "cause": d.cause or None,
        "actor": d.actor,
        "began": told.story.began,
        "seconds": round(took(told.story, now), 3),
    }


def report_document(told: Told, now: float) -> dict[str, Any]:
    """One deployment with its timeline."""
    phases = [
        {
            "phase": c.phase,
            "began": c.began,
            "ended": c.ended,
            "seconds": round(c.took(now), 3),
            "cause": c.cause,
        }
        for c in told.story.chapters
    ]
    events = [
        {
            "number": e.number,
            "wall": e.wall,
            "kind": e.kind,
            "phase": e.phase,
            "sentence": e.sentence,
            "evidence": e.evidence,
        }
        for e in told.events
    ]
    drilled = told.deployment.drilled
    extra: dict[str, Any] = {"way_back": way_back_words(told), "traffic": traffic_words(told.snapshot)}
    extra |= {"last_drill": drilled_document(drilled) if drilled is not None else None}
    return {"type": "result", **summary(told, now), **extra, "phases": phases, "events": events}


def report_lines(told: Told, now: float, width: int) -> list[Line]:
    """One deployment on a terminal."""
    d = told.deployment
    lines = [
        line(
            (f"{d.app} {d.release.version}  ", Ink.BOLD),
            f"{d.id} → {d.candidate} · ",
            (d.phase, INKS.get(d.phase, Ink.NOW)),
        )
    ]
    for label, text in facts(told, now):
        rows = wrapped(text, max(width - 14, 16))
        lines += [
            (*line((name.ljust(14), Ink.DIM)), *row)
            for name, row in zip([label, *[""] * len(rows)], rows, strict=False)
        ]
    lines += [(), line(("phases", Ink.DIM))]
    causes = ["", *(c.cause for c in told.story.chapters)]
    for c, before in zip(told.story.chapters, causes, strict=False):
        time = duration(c.took(now)) if c.phase not in ENDINGS else ""
        lines.append(
            line(
                f"  {moment(c.began, now)}  {c.phase.ljust(13)} {time.rjust(9)}  ",
                (c.cause if c.cause != before else "", Ink.DIM),
            )
        )
    lines += [(), line(("events", Ink.DIM))]
    for e in told.events:
        if e.kind in SAID and e.kind != "phase":
            seen = f" ({e.evidence})" if e.evidence else ""
            lines.append(line(f"  {moment(e.wall, now)}  {e.kind.ljust(13)} {e.sentence}{seen}"))
    return [fit(one, width) for one in lines]


def facts(told: Told, now: float) -> list[tuple[str, str]]:
    d, story = told.deployment, told.story
    began = (
        f"{moment(story.began, now)}, took {duration(took(story, now))}" if story.began is not None else ""
    )
    previous = f"{d.previous.version} in {d.live}" if d.previous else "nothing, it was the first"
    pairs = [
        ("began", began),
        ("by", d.actor),
        ("instead of", previous),
        ("digest", d.release.digest),
        ("cause", d.cause),
        ("evidence", next((c.evidence for c in story.chapters if c.evidence), "")),
        ("way back", way_back_words(told)),
        ("last drill", drilled_line(d, now)),
        ("traffic", traffic_words(told.snapshot)),
    ]
    return [(label, text) for label, text in pairs if text]


def way_back_words(told: Told) -> str:
    """Whether and how the earlier release can be had back."""
    d = told.deployment
    if d.phase in ("rolled_back", "aborted"):
        return f"taken: {d.live} serves" + (f" {d.previous.version}" if d.previous else "")
    if d.phase in ("restore", "settle", "abort", "discard"):
        return f"being taken: traffic goes to {d.live}"
    if d.previous is None:
        return "none, it was the first deployment"
    if d.phase in ("succeeded", "decommission", "contract"):
        return f"{d.previous.version} is torn down: deploy it again to have it back"
    return f"`verdigris rollback` brings {d.previous.version} back from {d.live}"


def report_markdown(told: Told, now: float) -> str:
    """One deployment for a pull request or a chat."""
    d = told.deployment
    rows = [f"- **{label}**: {safe(text)}" for label, text in facts(told, now)]
    phases = [
        f"| {moment(c.began, now)} | {safe(c.phase)} | {duration(c.took(now))} | {safe(c.cause)} |"
        for c in told.story.chapters
    ]
    return "\n".join(
        [
            f"## {safe(d.app)} {safe(d.release.version)}: {d.phase} ({d.id})",
            "",
            *rows,
            "",
            "| began | phase | took | why |",
            "|---|---|---|---|",
            *phases,
        ]
    )


def safe(text: str) -> str:
    """Text of others in Markdown: nothing in it is a heading, a link, a table cell or HTML."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in clean(text))
