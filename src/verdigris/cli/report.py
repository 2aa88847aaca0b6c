"""`verdigris report`: one deployment as text, Markdown or JSON. It reads only."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from verdigris.cli.history import told_of
from verdigris.cli.options import session_of
from verdigris.cli.past import all_of, past_of
from verdigris.cli.session import Session
from verdigris.cli.show.report import report_document, report_lines, report_markdown
from verdigris.core.errors import Refused
from verdigris.ports import Saved

__all__ = ["report"]


def report(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(help="Its id, like d-42; the newest by default.")] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown, for a pull request or a chat.")
    ] = False,
    whole: Annotated[
        bool, typer.Option("--all", help="Every event, however many: not only the first and the newest.")
    ] = False,
) -> None:
    """Tell one deployment: its timeline with durations, its cause and evidence, and the way back."""
    session = session_of(context)
    saved, now = found(session, deployment), session.voice.wall()
    d = saved.deployment
    past = (all_of if whole else past_of)(session, d.id, d.app)
    told = replace(told_of(session, saved), events=past.events, gap=past.gap)
    if markdown and not session.voice.as_json:
        print(report_markdown(told, now), file=session.voice.out)
        return
    session.voice.tell(report_lines(told, now, session.voice.width), report_document(told, now))


def found(session: Session, deployment: str) -> Saved:
    desk, app = session.house.desk(), session.name
    saved = desk.deployment(deployment, app) if deployment else desk.newest(app)
    if saved is None:
        which = f"no deployment {deployment}" if deployment else "no deployment"
        raise Refused(f"{session.name} has {which}. See `verdigris history`")
    return saved
