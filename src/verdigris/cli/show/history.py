"""Deployments as a table: what each was, how it ended, and how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verdigris.cli.show.amounts import duration, moment
from verdigris.cli.show.drilled import drilled_document, drilled_line, own
from verdigris.cli.show.gap import NO_GAP, Gap
from verdigris.cli.show.ink import Ink, Line, clean, fit, line
from verdigris.cli.show.result import took
from verdigris.cli.show.story import Story
from verdigris.core.deployment import Deployment
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.policy import Policy
from verdigris.ports import Event, Snapshot

__all__ = ["INKS", "Told", "history_document", "history_lines", "summary"]

INKS = {"succeeded": Ink.GOOD, "rolled_back": Ink.BAD, "aborted": Ink.WARN, "stuck": Ink.BAD}


@dataclass(frozen=True, slots=True)
class Told:
    """A deployment with what its event log says. `snapshot` is there while it is the newest one.

    `gap` is what is left out of the events, `policy` what the deployment goes by, `schema` what its jobs found.
    """

    deployment: Deployment
    story: Story
    events: tuple[Event, ...] = ()
    snapshot: Snapshot | None = None
    gap: Gap = NO_GAP
    policy: Policy | None = None
    schema: tuple[str, ...] = ()


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
    if record is None or record.deployment:
        return record is not None and own(told.deployment, record)
    return began is not None and record.wall >= began


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
