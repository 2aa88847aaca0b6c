"""`verdigris history`: the deployments of the app, the newest first. It reads only."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.history import Told, history_document, history_lines
from verdigris.cli.show.story import told
from verdigris.ports import Saved

__all__ = ["history", "told_of"]

MOST = 1000


def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=MOST)] = 20,
) -> None:
    """List the deployments: release, slot, how each ended, when, how long, who, why."""
    session = session_of(context)
    saved = [s for s in session.house.desk().deployments(MOST) if s.deployment.app == session.name][:limit]
    all_told, now = [told_of(session, each) for each in saved], session.voice.wall()
    if not session.voice.as_json:
        session.voice.tell(history_lines(all_told, now, session.voice.width))
        return
    documents = history_document(all_told, now)
    for document in documents:
        session.voice.object({"type": "deployment", **document})
    session.voice.object({"type": "result", "deployments": documents})


def told_of(session: Session, saved: Saved) -> Told:
    """A stored deployment with its events."""
    d = saved.deployment
    events = tuple(e for e in session.house.desk().events(deployment=d.id, limit=10_000) if e.app == d.app)
    s = session.snapshot()
    newest = s if s is not None and s.deployment.id == d.id else None
    return Told(d, told(d.id, d.app, events), events, newest)
