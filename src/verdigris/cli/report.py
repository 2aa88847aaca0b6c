"""`verdigris report`: one deployment as text, Markdown, JSON or a page, or what its trial was told. It reads only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from verdigris.bootstrap.schemas import papers_of
from verdigris.cli.history import told_of
from verdigris.cli.options import session_of
from verdigris.cli.past import all_of, past_of
from verdigris.cli.retelling import Tick, complete, retold
from verdigris.cli.session import Session
from verdigris.cli.show.history import Told
from verdigris.cli.show.html import page
from verdigris.cli.show.ink import line
from verdigris.cli.show.migrating import findings
from verdigris.cli.show.report import report_document, report_lines, report_markdown
from verdigris.core.deployment import Deployment
from verdigris.core.errors import ConfigError, ObservationError, Refused, StoreUnavailable
from verdigris.ports import Saved

__all__ = ["report"]

MISSING = (
    "nothing was compared in it, or they are forgotten by now: those of the newest 20 deployments are kept"
)
INCOMPLETE = (
    "not every second of its trial was kept, so that they come to another evidence than what was decided by. "
    "Two hours after exposure are kept, and what could be written down"
)


def report(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(help="Its id, like d-42; the newest by default.")] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown, for a pull request or a chat.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--all", help="Every event, however many: not only the first and the newest.")
    ] = False,
    counts: Annotated[
        bool,
        typer.Option("--counts", help="What its trial was told, second by second: for `verdigris judge`."),
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write it to this file, as a page with pictures.")
    ] = None,
) -> None:
    """Tell one deployment: its timeline with durations, its cause and evidence, and the way back."""
    if counts + markdown + (html is not None) > 1:
        raise ConfigError(
            "report: --counts, --html and --markdown are different reports. Ask for one of them"
        )
    session = session_of(context)
    saved, now = found(session, deployment), session.voice.wall()
    d = saved.deployment
    if counts:
        print_counts(session, d)
        return
    past = (all_of if whole else past_of)(session, d.id, d.app)
    told = told_of(session, saved)
    told = replace(told, events=past.events, gap=past.gap, schema=schema_of(session, d))
    if html is not None:
        write_page(session, html, told, now)
        return
    if markdown and not session.voice.as_json:
        print(report_markdown(told, now), file=session.voice.out)
        return
    session.voice.tell(report_lines(told, now, session.voice.width), report_document(told, now))


def schema_of(session: Session, d: Deployment) -> tuple[str, ...]:
    """What was found about the schema. What cannot be read is said, and the rest is told all the same."""
    try:
        return findings(papers_of(session.house.state, d)[0])
    except ObservationError as error:
        return (str(error),)


def print_counts(session: Session, d: Deployment) -> None:
    """The lines as they are, whatever else was asked for: a pipe reads them."""
    lines = session.house.desk().counts(d.id, d.app)
    if not lines:
        raise Refused(f"{d.id} has no counts: {MISSING}")
    print("\n".join(lines), file=session.voice.out)
    _, lacking = recomputed(d, lines)
    if lacking:
        session.voice.say(f"{d.id}: {lacking}")


def recomputed(d: Deployment, lines: tuple[str, ...]) -> tuple[tuple[Tick, ...], str]:
    """Its trial told anew, and what keeps it from coming to the same."""
    try:
        ticks = retold(lines, d.id)
    except ConfigError as error:
        return (), f"{error}. It was damaged"
    return ticks, "" if complete(ticks, d) else INCOMPLETE if ticks else MISSING


def write_page(session: Session, path: Path, told: Told, now: float) -> None:
    d = told.deployment
    try:
        ticks, lacking = recomputed(d, session.house.desk().counts(d.id, d.app))
    except StoreUnavailable as error:
        ticks, lacking = (), str(error)
    try:
        path.write_text(page(told, ticks, lacking, now), "utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}. Name another file") from None
    document = {"type": "result", "deployment": d.id, "file": str(path), "counts_complete": not lacking}
    session.voice.tell([line(f"{d.id} is told in {path}")], document)


def found(session: Session, deployment: str) -> Saved:
    desk, app = session.house.desk(), session.name
    saved = desk.deployment(deployment, app) if deployment else desk.newest(app)
    if saved is None:
        which = f"no deployment {deployment}" if deployment else "no deployment"
        raise Refused(f"{session.name} has {which}. See `verdigris history`")
    return saved
