"""`verdigris rollback`: traffic back on the old slot, through the controller or, where none answers, without it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from verdigris.cli.asking import GLANCE, running
from verdigris.cli.exits import Exit
from verdigris.cli.follow import follow
from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.amounts import duration
from verdigris.cli.show.failure import Failure, failure_lines, traffic_words
from verdigris.cli.show.ink import Ink, line
from verdigris.cli.telling import telling
from verdigris.core.deployment import Deployment
from verdigris.core.errors import Conflict, ObservationError, Refused, StoreUnavailable
from verdigris.core.intake import Direct
from verdigris.core.world import Verb

__all__ = ["rollback"]

ANSWER_WITHIN = 1.5
"""Seconds that a controller has to answer: one that is dead or frozen must not stand in the way back."""
FROZEN_AFTER = 5.0
BACK = ("settle", "discard", "rolled_back", "aborted")


def rollback(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(help="Why, for the event log.")] = "",
) -> None:
    """Take traffic back to the old slot at once. Works with the controller dead or its database unreadable."""
    session = session_of(context)
    began, before = session.clock(), 0
    if not session.house.state.is_dir():
        raise Refused(
            f"{session.state} is no directory, so nothing was ever deployed from it. Look at --state"
        )
    try:
        before = newest_event(session)
        accepted = ask(session, reason)
        deployment = session.house.desk().newest(session.name) if accepted else None
    except (StoreUnavailable, ObservationError, Conflict) as error:
        session.voice.say(f"{error}", Ink.WARN)
        deployment = None
    if deployment is not None:
        raise typer.Exit(by_the_controller(session, deployment.deployment.id, before, began))
    raise typer.Exit(directly(session, reason, began))


def newest_event(session: Session) -> int:
    """The number of the last event so far: what comes after it is news."""
    saved = session.house.desk().newest(session.name)
    if saved is None:
        return 0
    which = saved.deployment.id
    events = session.house.desk().events(deployment=which, app=session.name, limit=1, newest=True)
    return events[-1].number if events else 0


def ask(session: Session, reason: str) -> bool:
    """Whether the controller took the command; False when none answers in time. `Refused` has its own sentence."""
    if session.house.controller() is None:
        session.voice.say("no controller runs")
        return False
    running(session, Verb.ROLLBACK)
    number = session.house.command(Verb.ROLLBACK, session.actor, reason)
    until = session.clock() + ANSWER_WITHIN
    while (answer := session.house.desk().answer(number)) is None:
        if session.clock() >= until:
            session.voice.say(f"the controller did not answer within {ANSWER_WITHIN} s", Ink.WARN)
            return False
        session.pause(GLANCE)
    if not answer[0]:
        raise Refused(answer[1])
    return True


def by_the_controller(session: Session, deployment: str, before: int, began: float) -> Exit:
    """Follow until traffic is back, which the router and its front door have to say."""
    teller = telling(session, before)
    for look in follow(session, deployment, lambda _: session.pause(GLANCE)):
        teller.tell(look)
        d = look.deployment
        if abandoned(session):
            teller.close()
            return directly(session, "", began)
        if d.phase in (*BACK, "stuck"):
            teller.close()
            return stuck(session, d) if d.phase == "stuck" else told(session, session.clock() - began, d)
    raise AssertionError("following has no end of its own")


def abandoned(session: Session) -> bool:
    """Whether the controller died or froze on the way."""
    s = session.snapshot()
    old = s is not None and session.voice.wall() - s.wall > FROZEN_AFTER
    return old or session.house.controller() is None


def directly(session: Session, reason: str, began: float) -> Exit:
    """Without a controller: the lease is taken, the old slot looked at, and the router told."""
    session.voice.say("rolling back without the controller")
    done = asyncio.run(session.house.roll_back_directly(session.actor, reason, session.voice.say))
    return told(session, session.clock() - began, done, "without the controller")


def told(session: Session, seconds: float, done: Deployment | Direct, how: str = "") -> Exit:
    """The result: how long it took and where traffic is."""
    to = done.to if isinstance(done, Direct) else done.live
    release = done.previous if isinstance(done, Deployment) else None
    what = f"traffic is on {to}{f' ({release.version})' if release else ''} again"
    if isinstance(done, Deployment) and not done.moved:
        what = f"no traffic had moved: {to} serves{f' {release.version}' if release else ''} as before"
    sentence = " · ".join(part for part in (what, duration(seconds), how) if part)
    document = {
        "type": "result",
        "exit": 0,
        "to": to.value,
        "seconds": round(seconds, 3),
        "sentence": sentence,
    }
    session.voice.tell([line(("✔ ", Ink.GOOD), sentence)], document)
    return Exit.GOOD


def stuck(session: Session, d: Deployment) -> Exit:
    failure = Failure(
        f"the rollback is stuck in {d.stuck_in}: {d.cause}",
        traffic=traffic_words(session.snapshot()),
        next=("verdigris explain", "verdigris doctor"),
    )
    document = {
        "type": "result",
        "exit": int(Exit.STUCK),
        "sentence": failure.cause,
        "traffic": failure.traffic,
    }
    session.voice.fail(failure_lines(failure, session.voice.width), document)
    return Exit.STUCK
