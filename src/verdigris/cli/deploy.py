"""`verdigris deploy`: build the release, have it shipped, and follow until there is a result.

It moves no traffic: it files, and the controller decides. Leaving it leaves the deployment running.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from verdigris.cli.exits import UNTIL, Exit, ended, reached
from verdigris.cli.follow import Look, follow
from verdigris.cli.minding import Minding
from verdigris.cli.options import duration_of, session_of
from verdigris.cli.session import Session
from verdigris.cli.show.failure import Failure, failure_lines, traffic_words
from verdigris.cli.show.ink import Ink, line
from verdigris.cli.show.result import failure_of, result_document, result_line
from verdigris.cli.show.road import way_back
from verdigris.cli.telling import HEARTBEAT, telling
from verdigris.core.errors import ConfigError, StoreUnavailable
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Release

__all__ = ["deploy"]

GLANCE = 0.1
TAIL = 20
STORE_WITHIN = 20.0
COUNTED_WITHIN = 4.0


def deploy(
    context: typer.Context,
    version: Annotated[
        str | None, typer.Option(help="Name of the release; by default its commit or content.")
    ] = None,
    until: Annotated[
        str, typer.Option(help="Return when this has passed: cutover, bake or succeeded.")
    ] = "bake",
    queue: Annotated[bool, typer.Option("--queue", help="Wait for a running deployment to end.")] = False,
    key: Annotated[
        str | None, typer.Option(help="The same key is the same deployment, however often sent.")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option(help="Stop following after so long, e.g. 30m (exit 13).")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return when the deployment has begun.")] = False,
    reason: Annotated[str, typer.Option(help="Why, for the event log.")] = "",
) -> None:
    """Ship the present source: build, start beside, prove, move traffic, watch, and take back what is worse."""
    session = session_of(context)
    if until not in UNTIL:
        raise ConfigError(f"--until {until}: there is no such place to stop. Use one of {', '.join(UNTIL)}")
    ends_at = session.clock() + duration_of("--timeout", timeout) if timeout else float("inf")
    try:
        release = prepare(session, version)
    except KeyboardInterrupt:
        raise typer.Exit(interrupted(session)) from None
    actor = f"{session.actor} ({reason})" if reason else session.actor
    filed = session.house.file(release, key or own_key(session, release), actor, queue)
    deployment = admitted(session, filed, ends_at)
    if detach:
        raise typer.Exit(leave(session, deployment, Exit.GOOD))
    raise typer.Exit(shipped(session, deployment, until, ends_at))


def prepare(session: Session, version: str | None) -> Release:
    """The release, and somebody at work who can ship it."""
    house, voice = session.house, session.voice
    release = house.make_release(version, lambda said: voice.say(f"  {said}", Ink.DIM))
    voice.say(f"release {release.version} ({release.digest[:19]})")
    house.start(voice.say)
    house.hand_over_secrets(release)
    wait_for_the_store(session)
    return release


def interrupted(session: Session) -> Exit:
    """Ctrl-C before anything was filed: a release that was being built is gone by now."""
    sentence = "interrupted: nothing was filed, and a release that was not finished is gone"
    failure = Failure(sentence, traffic=traffic_words(session.snapshot()), next=("verdigris deploy",))
    document = {"type": "error", "exit": int(Exit.LEFT), "sentence": sentence, "traffic": failure.traffic}
    session.voice.fail(failure_lines(failure, session.voice.width), document)
    return Exit.LEFT


def wait_for_the_store(session: Session) -> None:
    """A controller that has just begun makes the store first."""
    until = session.clock() + STORE_WITHIN
    while not session.house.desk().ready():
        if session.clock() > until:
            where = session.house.state / "controller.log"
            raise StoreUnavailable(
                f"the controller has made no store within {STORE_WITHIN:.0f} s. See {where}"
            )
        session.pause(GLANCE)


def own_key(session: Session, release: Release) -> str:
    """The same while this release is the newest one asked for, so that typing twice ships once.

    After something else was shipped, or after it was taken back, asking again is a new deployment.
    """
    newest = session.house.desk().newest(session.name)
    d = newest.deployment if newest else None
    if d is not None and d.release == release and d.phase not in ("rolled_back", "aborted", "stuck"):
        return d.key
    return f"{release.version}+{release.digest[-12:]}+{d.id if d else 'first'}"


def admitted(session: Session, filed: int, ends_at: float) -> str:
    """The id of the deployment, once the controller has taken it up."""
    desk, said_at, minding = session.house.desk(), session.clock(), Minding(session)
    while (answer := desk.admission(filed)) is None:
        if session.clock() > ends_at:
            session.voice.fail(
                [line(f"request {filed} still waits its turn; it goes on without you")], waiting(filed)
            )
            raise typer.Exit(Exit.RUNNING)
        if session.clock() - said_at >= HEARTBEAT:
            said_at = session.clock()
            session.voice.say(
                minding.trouble or "still waiting for the controller to take it up, see `verdigris status`"
            )
        minding.mind()
        session.pause(GLANCE)
    accepted, sentence, deployment = answer
    if not accepted:
        raise typer.Exit(refused(session, sentence))
    session.voice.say(sentence)
    return deployment


def waiting(filed: int) -> dict[str, object]:
    return {"type": "result", "exit": int(Exit.RUNNING), "sentence": f"request {filed} still waits its turn"}


def refused(session: Session, sentence: str) -> Exit:
    """Somebody else is at it, or this cannot be shipped at all."""
    newest = session.house.desk().newest(session.name)
    busy = newest is not None and newest.deployment.phase not in ENDINGS
    code = Exit.BUSY if busy else Exit.ERROR
    after = ("verdigris watch", "verdigris deploy --queue") if busy else ("verdigris status",)
    failure = Failure(sentence, traffic=traffic_words(session.snapshot()), next=after)
    document = {"type": "result", "exit": int(code), "sentence": sentence, "traffic": failure.traffic}
    session.voice.fail(failure_lines(failure, session.voice.width), document)
    return code


def shipped(session: Session, deployment: str, until: str, ends_at: float) -> Exit:
    """Follow to the result; the code says which it is."""
    teller, minding = telling(session), Minding(session)
    try:
        looks = follow(session, deployment)
        for look in looks:
            teller.tell(minding.over(look))
            code = Exit.GOOD if reached(look.deployment, until) else ended(look.deployment)
            if code is None and session.clock() > ends_at:
                code = Exit.RUNNING
            if code is not None:
                teller.close()
                return conclude(session, all_counted(session, look, looks), code)
    except KeyboardInterrupt:
        teller.close()
        return leave(session, deployment, Exit.RUNNING)
    raise AssertionError("following has no end of its own")


def all_counted(session: Session, look: Look, looks: Iterator[Look]) -> Look:
    """A second or two more, until the requests from before the way back are all counted."""
    back = next((c.began for c in look.story.chapters if c.phase == "settle"), float("-inf"))
    until = session.clock() + COUNTED_WITHIN
    while look.story.counted_until < back and session.clock() < until:
        look = next(looks)
    return look


def conclude(session: Session, look: Look, code: Exit) -> Exit:
    """The result on stdout; where it failed, the whole of why before it."""
    voice, d = session.voice, look.deployment
    now = voice.wall()
    document = result_document(d, look.story, code, now)
    if code not in (Exit.GOOD, Exit.RUNNING):
        failure = failure_of(d, look.story, last_words(session, look))
        document |= {"cause": failure.cause, "evidence": failure.evidence, "logs": dict(failure.logs)}
        document |= {"traffic": failure.traffic, "next": failure.next}
        if not voice.as_json:
            voice.fail(failure_lines(failure, voice.width), document)
    back = way_back(look.story.snapshot) if look.story.snapshot and code is Exit.GOOD else ""
    if back and not voice.as_json:
        voice.say(f"{back} stays hot: verdigris rollback takes traffic back to it")
    mark = {Exit.GOOD: ("✔ ", Ink.GOOD), Exit.RUNNING: ("● ", Ink.NOW)}.get(code, ("✖ ", Ink.BAD))
    voice.tell([line(mark, result_line(d, look.story, code, now))], document)
    return code


def last_words(session: Session, look: Look) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The last lines of the candidate's instances that were not well, or of its slot."""
    said = tuple((i.name, i.log_tail[-TAIL:]) for i in look.story.ailing if i.log_tail)
    if said:
        return said
    names = [i.name for i in look.story.ailing] or [look.deployment.candidate.value]
    found = ((name, tuple(session.house.logs(name, TAIL))[-TAIL:]) for name in names)
    return tuple((name, lines) for name, lines in found if lines)


def leave(session: Session, deployment: str, code: Exit) -> Exit:
    """The deployment goes on without whoever started it."""
    sentence = (
        f"{deployment} goes on without you. Follow it: verdigris watch · take it back: verdigris rollback"
    )
    document = {"type": "result", "exit": int(code), "deployment": deployment, "sentence": sentence}
    session.voice.tell([line(sentence)], document)
    return code
