"""`verdigris history`: the deployments of the app, the newest first. It reads only."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.past import story_of
from verdigris.cli.session import Session
from verdigris.cli.show.history import Told, history_document, history_lines
from verdigris.cli.show.ink import Ink, line
from verdigris.ports import Saved

__all__ = ["MOST", "history", "newest", "told_of"]

MOST = 1000


def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=MOST)] = 20,
) -> None:
    """List the deployments: release, slot, how each ended, when, how long, who, why."""
    session = session_of(context)
    names, now = session.house.names, session.voice.wall()
    by_app = {app: [told_of(session, s) for s in newest(session, app, limit)] for app in names}
    if not session.voice.as_json:
        for app, all_told in by_app.items():
            heading = [line((app, Ink.BOLD))] if len(names) > 1 else []
            session.voice.tell([*heading, *history_lines(all_told, now, session.voice.width)])
        return
    documents = [document for all_told in by_app.values() for document in history_document(all_told, now)]
    for document in documents:
        session.voice.object({"type": "deployment", **document})
    session.voice.object({"type": "result", "deployments": documents})


def newest(session: Session, app: str, limit: int = MOST) -> tuple[Saved, ...]:
    """The newest deployments of an app, the newest first."""
    return session.house.desk().deployments(limit, app)


def told_of(session: Session, saved: Saved) -> Told:
    """A stored deployment with its story."""
    d = saved.deployment
    s = session.house.board().read(d.app)
    picture = s if s is not None and s.deployment.id == d.id else None
    return Told(d, story_of(session, d), snapshot=picture, policy=saved.policy)
