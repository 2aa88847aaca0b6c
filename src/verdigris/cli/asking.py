"""Filing a command and waiting for its answer: what promote, abort, hold, resume and rollback have in common."""

from __future__ import annotations

from verdigris.cli.exits import Exit
from verdigris.cli.session import Session
from verdigris.cli.show.failure import traffic_words
from verdigris.cli.show.ink import Ink, line
from verdigris.core.deployment import Deployment
from verdigris.core.errors import Refused
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Verb

__all__ = ["GLANCE", "answered", "asked", "running"]

GLANCE = 0.05
ANSWER_WITHIN = 10.0
"""Seconds in which a controller that is well answers many times over."""


def asked(session: Session, verb: Verb, reason: str = "") -> Exit:
    """File the command and print what was answered. `Refused` when it was, or when nobody can answer."""
    d = running(session, verb)
    if session.house.controller() is None:
        raise Refused(
            f"no controller runs for {session.state}, so nobody can {verb} {d.id}. Start one: `verdigris up`"
        )
    answer = answered(session, verb, session.house.command(verb, session.actor, reason, d.id))
    if answer is None:
        return Exit.RUNNING
    accepted, sentence = answer
    if not accepted:
        raise Refused(sentence)
    told = f"{d.id} ({d.release.version}): {sentence}"
    document = {"type": "result", "exit": 0, "deployment": d.id, "verb": verb.value, "sentence": told}
    document |= {"traffic": traffic_words(session.snapshot())}
    session.voice.tell([line(("✔ ", Ink.GOOD), told)], document)
    return Exit.GOOD


def answered(session: Session, verb: Verb, number: int) -> tuple[bool, str] | None:
    """Whether the command was accepted, and the sentence; None, and said, when nobody answers in time."""
    until = session.clock() + ANSWER_WITHIN
    while (answer := session.house.desk().answer(number)) is None:
        if session.clock() >= until:
            unanswered(session, verb, number)
            return None
        session.pause(GLANCE)
    return answer


def running(session: Session, verb: Verb) -> Deployment:
    """The deployment that a command is for. `Refused` when there is none that it could mean."""
    newest = session.house.desk().newest(session.name)
    if newest is None:
        raise Refused(
            f"{session.name} was never deployed, so there is nothing to {words(verb)}. Begin with `verdigris deploy`"
        )
    d = newest.deployment
    if d.phase in ENDINGS - {"stuck"}:
        raise Refused(
            f"{d.id} ({d.release.version}) has ended as {d.phase}, so there is nothing to {words(verb)}. {after(d)}"
        )
    return d


def words(verb: Verb) -> str:
    return {Verb.ROLLBACK: "roll back", Verb.DRILL: "try"}.get(verb, verb.value)


def after(d: Deployment) -> str:
    if d.phase == "succeeded" and d.previous is not None:
        return f"To have {d.previous.version} back, deploy it again: `verdigris deploy`"
    return "See `verdigris history`, ship with `verdigris deploy`"


def unanswered(session: Session, verb: Verb, number: int) -> None:
    sentence = f"{verb} is filed as command {number}, and the controller has not answered within {ANSWER_WITHIN:.0f} s"
    document = {"type": "result", "exit": int(Exit.RUNNING), "command": number, "sentence": sentence}
    session.voice.fail([line(("✖ ", Ink.BAD), f"{sentence}. See `verdigris doctor`")], document)
