"""`verdigris explain`: why it is where it is, in sentences. It reads only."""

from __future__ import annotations

import typer

from verdigris.cli.options import session_of
from verdigris.cli.past import evidence_of, news_of
from verdigris.cli.show.explain import explanation, paragraphs
from verdigris.cli.show.road import next_commands
from verdigris.cli.show.story import told
from verdigris.core.errors import Refused

__all__ = ["explain"]


def explain(context: typer.Context) -> None:
    """Say in sentences why the deployment is where it is, what happens next, and what can be typed."""
    session = session_of(context)
    s = session.snapshot()
    if s is None:
        raise Refused(
            f"{session.name} was never deployed, so there is nothing to explain. Begin with `verdigris deploy`"
        )
    d, now = s.deployment, session.voice.wall()
    events = news_of(session, d.id, d.app).events
    parts = explanation(s, told(d.id, d.app, events).see(s), events, now, evidence_of(session, d))
    document: dict[str, object] = {"type": "result", "deployment": d.id, "phase": d.phase}
    document |= {label.replace(" ", "_"): text for label, text in parts if label != "odds"}
    document["next"] = [command for command, _ in next_commands(s)]
    session.voice.tell(paragraphs(parts, s, session.voice.width), document)
