"""One deployment as a report: text, Markdown or a document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verdigris.cli.show.amounts import duration, moment
from verdigris.cli.show.drilled import drilled_document, drilled_line
from verdigris.cli.show.failure import traffic_words
from verdigris.cli.show.found import found_document, found_words
from verdigris.cli.show.gap import gap_sentence
from verdigris.cli.show.history import INKS, Told, summary
from verdigris.cli.show.ink import Ink, Line, clean, fit, line, wrapped
from verdigris.cli.show.result import took
from verdigris.core.lifecycle import ENDINGS

__all__ = ["report_document", "report_lines", "report_markdown"]

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
    lines += [(), line(("phases", Ink.DIM)), *phase_lines(told, now)]
    lines += [(), line(("events", Ink.DIM)), *event_lines(told, now)]
    return [fit(one, width) for one in lines]


def phase_lines(told: Told, now: float) -> Iterator[Line]:
    """Every phase, how long it took, and why it was entered: said once, however many phases it leads to."""
    causes = ["", *(c.cause for c in told.story.chapters)]
    for c, before in zip(told.story.chapters, causes, strict=False):
        time = duration(c.took(now)) if c.phase not in ENDINGS else ""
        yield line(
            f"  {moment(c.began, now)}  {c.phase.ljust(13)} {time.rjust(9)}  ",
            (c.cause if c.cause != before else "", Ink.DIM),
        )


def event_lines(told: Told, now: float) -> Iterator[Line]:
    """What else happened, and where something is left out."""
    for e in told.events:
        if told.gap.ends_at(e.number):
            yield line((f"  {gap_sentence(told.gap, told.deployment.id)}", Ink.DIM))
        if e.kind in SAID and e.kind != "phase":
            seen = f" ({e.evidence})" if e.evidence else ""
            yield line(f"  {moment(e.wall, now)}  {e.kind.ljust(13)} {e.sentence}{seen}")


def facts(told: Told, now: float) -> list[tuple[str, str]]:
    d, story = told.deployment, told.story
    began = (
        f"{moment(story.began, now)}, took {duration(took(story, now))}" if story.began is not None else ""
    )
    previous = f"{d.previous.version} in {d.live}" if d.previous else "nothing, it was the first"
    compared = found_words(d, told.policy) if told.policy and not d.cause else ""
    pairs = [
        ("began", began),
        ("by", d.actor),
        ("instead of", previous),
        ("digest", d.release.digest),
        ("cause", d.cause),
        ("evidence", without(story.evidence, compared)),
        ("afterwards", story.afterwards),
        ("compared", compared),
        *(("schema", sentence) for sentence in told.schema),
        ("way back", way_back_words(told)),
        ("last drill", drilled_line(d, now)),
        ("traffic", traffic_words(told.snapshot)),
    ]
    return [(label, text) for label, text in pairs if text]


def without(evidence: str, compared: str) -> str:
    """What a phase was left on, without the comparison that is told beside it: as part of it that has no full stop."""
    found = compared.rstrip(".")
    return evidence.removesuffix(found).rstrip(". ") if found else evidence


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
    extra |= {"schema": list(told.schema)}
    extra |= {"judge": found_document(told.deployment, told.policy) if told.policy else None}
    return {
        "type": "result",
        **summary(told, now),
        **extra,
        "phases": phases,
        "events": events,
        "left_out": told.gap.count,
    }


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
