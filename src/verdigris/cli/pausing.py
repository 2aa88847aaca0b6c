"""Asking for a pause or its end, and waiting until the router does it: what pause, unpause and maintenance share."""

from __future__ import annotations

from verdigris.cli.asking import GLANCE, answered
from verdigris.cli.exits import Exit
from verdigris.cli.session import Session
from verdigris.cli.show.failure import traffic_words
from verdigris.cli.show.ink import Ink, line
from verdigris.core.errors import Refused
from verdigris.core.world import Known, Pause, Verb

__all__ = ["paused"]

DONE_WITHIN = 10.0


def paused(session: Session, verb: Verb, wanted: Pause, holds: str, reason: str = "") -> Exit:
    """File the command, wait for the answer and then for the router, and print what holds now."""
    newest = session.house.desk().newest(session.name) if session.house.desk().ready() else None
    if newest is None:
        raise Refused(
            f"{session.name} was never deployed, so there is nothing to {verb}. Begin with `verdigris deploy`"
        )
    session.house.start(session.voice.say)
    number = session.house.command(verb, session.actor, reason)
    answer = answered(session, verb, number)
    if answer is None:
        return Exit.RUNNING
    if not answer[0]:
        raise Refused(answer[1])
    done = by_the_router(session, wanted)
    code = Exit.GOOD if done else Exit.RUNNING
    sentence = (
        f"{session.name}: {holds}"
        if done
        else (
            f"{verb} is accepted, and the router has not done it within {DONE_WITHIN:.0f} s. See `verdigris doctor`"
        )
    )
    document = {
        "type": "result",
        "exit": int(code),
        "verb": verb.value,
        "pause": wanted.value,
        "sentence": sentence,
    }
    document |= {"traffic": traffic_words(session.snapshot())}
    session.voice.tell([line(("✔ ", Ink.GOOD) if done else ("✖ ", Ink.BAD), sentence)], document)
    return code


def by_the_router(session: Session, wanted: Pause) -> bool:
    """Whether the router is seen to do it in time: its own answer decides."""
    until = session.clock() + DONE_WITHIN
    while not seen(session, wanted):
        if session.clock() >= until:
            return False
        session.pause(GLANCE)
    return True


def seen(session: Session, wanted: Pause) -> bool:
    """In a look that was made after the command was taken up."""
    s = session.snapshot()
    if s is None or s.deployment.pause is not wanted:
        return False
    reading = s.world.router.reading
    return isinstance(reading, Known) and reading.value.routing.pause is wanted
