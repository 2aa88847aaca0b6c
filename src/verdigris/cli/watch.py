"""`verdigris watch`: a live screen of a deployment, redrawn four times a second at most. It only reads.

Without a terminal it tells the same line by line, until the deployment has ended. Leaving changes nothing.
"""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Annotated

import typer

from verdigris.cli.exits import Exit, ended
from verdigris.cli.follow import Look, follow
from verdigris.cli.options import session_of
from verdigris.cli.past import evidence_of
from verdigris.cli.session import Session
from verdigris.cli.show.found import Evidence
from verdigris.cli.show.ink import Line, line
from verdigris.cli.show.result import result_document, result_line
from verdigris.cli.show.status import Staff
from verdigris.cli.show.watch import watch_lines
from verdigris.cli.staff import staff_of
from verdigris.cli.telling import telling
from verdigris.core.errors import Refused
from verdigris.ports import Event

__all__ = ["Screen", "watch"]

EVENTS_KEPT = 50
STAFF_EVERY = 2.0
LEAVING = ("q", "Q", "\x1b")


def watch(
    context: typer.Context,
    deployment: Annotated[str, typer.Argument(help="Its id, like d-42; the newest by default.")] = "",
) -> None:
    """Watch a deployment live: both slots, the road, what is waited for, what happened, what to type."""
    session = session_of(context)
    name = known(session, deployment) if deployment else newest(session)
    if not session.voice.draws:
        raise typer.Exit(lines(session, name))
    while name:
        name = screen(session, name, named=bool(deployment))


def newest(session: Session) -> str:
    saved = session.house.desk().newest(session.name)
    if saved is None:
        raise Refused(
            f"{session.name} was never deployed, so there is nothing to watch. Begin with `verdigris deploy`"
        )
    return saved.deployment.id


def known(session: Session, deployment: str) -> str:
    if session.house.desk().deployment(deployment, session.name) is None:
        raise Refused(f"{session.name} has no deployment {deployment}. See `verdigris history`")
    return deployment


def lines(session: Session, deployment: str) -> Exit:
    """Tell it line by line until it has ended; the result comes last."""
    teller = telling(session)
    for look in follow(session, deployment):
        teller.tell(look)
        code = ended(look.deployment)
        if code is not None:
            now = session.voice.wall()
            said = line(result_line(look.deployment, look.story, code, now))
            session.voice.tell([said], result_document(look.deployment, look.story, code, now))
            return Exit.GOOD
    raise AssertionError("following has no end of its own")


def screen(session: Session, deployment: str, named: bool) -> str:
    """Draw one deployment until somebody leaves: "". A newer one takes the screen, unless this one was named."""
    from verdigris.cli.drawing import console, live, text
    from verdigris.cli.keyboard import keys

    drawn, display = Screen(session), live(console(session.voice.err, session.voice.color), screen=True)
    try:
        with keys() as pressed, display:
            for look in follow(session, deployment, lambda seconds: leave_on(pressed(seconds))):
                display.update(text(drawn.lines(look)), refresh=True)
                if not named and newest(session) != deployment:
                    return newest(session)
    except KeyboardInterrupt:
        return ""
    raise AssertionError("following has no end of its own")


def leave_on(key: str) -> None:
    if key in LEAVING:
        raise KeyboardInterrupt


@dataclass
class Screen:
    """What stays between two drawings of one deployment."""

    session: Session
    events: deque[Event] = field(default_factory=lambda: deque(maxlen=EVENTS_KEPT))
    staff: Staff = field(default_factory=Staff)
    evidence: Evidence = ()
    asked_at: float = float("-inf")

    def lines(self, look: Look) -> list[Line]:
        """The drawing after this look; who is at work, and the evidence, are asked for less often."""
        session = self.session
        self.events.extend(look.events)
        if session.clock() - self.asked_at >= STAFF_EVERY:
            self.staff, self.asked_at = staff_of(session), session.clock()
            self.evidence = evidence_of(session, look.deployment)
        size, s = shutil.get_terminal_size((100, 30)), look.story.snapshot
        if s is None:
            return [
                line(f"{look.deployment.id} is in {look.deployment.phase}, the controller has not looked yet")
            ]
        now, s = session.voice.wall(), replace(s, trouble=look.trouble or s.trouble)
        return watch_lines(
            s, look.story, tuple(self.events), self.staff, now, size.columns, size.lines, self.evidence
        )
