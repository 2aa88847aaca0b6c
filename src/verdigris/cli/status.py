"""`verdigris status`: one screen of where things stand, cheap enough for a prompt. It reads and asks, nothing more."""

from __future__ import annotations

import typer

from verdigris.cli.options import session_of
from verdigris.cli.past import evidence_of, story_of
from verdigris.cli.session import Session
from verdigris.cli.show.documents import snapshot_document
from verdigris.cli.show.ink import Ink, Line, line
from verdigris.cli.show.overview import overview_lines
from verdigris.cli.show.status import status_lines
from verdigris.cli.staff import staff_of
from verdigris.core.errors import Conflict, ObservationError
from verdigris.ports import Snapshot

__all__ = ["status"]


def status(context: typer.Context) -> None:
    """Show where things stand: both slots, the phase, what is waited for, what to type. Of several apps a line each."""
    session = session_of(context)
    if len(session.house.names) > 1:
        overview(session)
        return
    voice, s = session.voice, session.snapshot()
    staff = staff_of(session)
    if s is None:
        know_the_place(session)
        voice.tell(nothing(session, staff.controller is not None), nothing_document(session.name))
        return
    visited = visited_phases(session, s)
    expiring = session.house.expiring(session.name)
    document = snapshot_document(s, staff, voice.wall(), visited) | {"certificates": list(expiring)}
    evidence = evidence_of(session, s.deployment)
    voice.tell(status_lines(s, staff, voice.wall(), voice.width, visited, expiring, evidence), document)


def overview(session: Session) -> None:
    """A line for each app; for a program all that there is of each."""
    voice, staff, now = session.voice, staff_of(session), session.voice.wall()
    seen = {app: session.house.board().read(app) for app in session.house.names}
    documents = {
        app: snapshot_document(s, staff, now) if s is not None else nothing_document(app)
        for app, s in seen.items()
    }
    document = {"type": "result", "apps": documents}
    expiring = [said for app in seen for said in session.house.expiring(app)]
    voice.tell(overview_lines(seen, staff, now, voice.width, expiring), document | {"certificates": expiring})


def nothing_document(app: str) -> dict[str, object]:
    return {"type": "result", "app": app, "deployment": None, "sentence": "nothing is deployed"}


def know_the_place(session: Session) -> None:
    """Before "nothing" is said: `Refused` where the state directory is not ours, `ConfigError` for another app."""
    session.house.controller()
    session.house.settings  # noqa: B018 - reading it is the question


def visited_phases(session: Session, s: Snapshot) -> tuple[str, ...]:
    """The phases so far, as far as the event log can be read."""
    try:
        return story_of(session, s.deployment).visited
    except (ObservationError, Conflict):
        return ()


def nothing(session: Session, at_work: bool) -> list[Line]:
    """What to type before there is anything to show."""
    who = (
        "a controller runs and waits for the first deployment"
        if at_work
        else "no controller runs, none is needed yet"
    )
    return [
        line((f"{session.name}  ", Ink.BOLD), "nothing is deployed yet"),
        line(f"  {who}"),
        line(
            ("  next         ", Ink.DIM),
            ("verdigris plan  ", Ink.COMMAND),
            ("  says what a deploy would do", Ink.DIM),
        ),
        line(
            ("               ", Ink.DIM),
            ("verdigris deploy", Ink.COMMAND),
            ("  ships the first release", Ink.DIM),
        ),
    ]
