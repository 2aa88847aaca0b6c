"""`verdigris report`: one deployment as text, Markdown or JSON. It reads only."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.history import newest, told_of
from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.history import report_document, report_lines, report_markdown
from verdigris.core.errors import Refused
from verdigris.ports import Saved

__all__ = ["report"]


def report(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(help="Its id, like d-42; the newest by default.")] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As Markdown, for a pull request or a chat.")
    ] = False,
) -> None:
    """Tell one deployment: its timeline with durations, its cause and evidence, and the way back."""
    session = session_of(context)
    told, now = told_of(session, found(session, deployment)), session.voice.wall()
    if markdown and not session.voice.as_json:
        print(report_markdown(told, now), file=session.voice.out)
        return
    session.voice.tell(report_lines(told, now, session.voice.width), report_document(told, now))


def found(session: Session, deployment: str) -> Saved:
    known = newest(session, session.name)
    saved = next((s for s in known if deployment in ("", s.deployment.id)), None)
    if saved is None:
        which = f"no deployment {deployment}" if deployment else "no deployment"
        raise Refused(f"{session.name} has {which}. See `verdigris history`")
    return saved
