"""`verdigris drill`: the way back, tried with a share of the traffic; followed until that is home again.

It moves nothing itself: it files, and the controller decides. Leaving it leaves the drill to its end.
"""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.asking import GLANCE, answered, running
from verdigris.cli.exits import Exit
from verdigris.cli.follow import Look, follow
from verdigris.cli.minding import Minding
from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.drilled import drilled_document, drilled_sentence, drilled_words
from verdigris.cli.show.failure import Failure, failure_lines, traffic_words
from verdigris.cli.show.ink import Ink, line
from verdigris.cli.telling import telling
from verdigris.core.deployment import Deployment, Drilled
from verdigris.core.errors import ConfigError, Refused
from verdigris.core.world import Verb

__all__ = ["drill"]


def drill(
    context: typer.Context,
    share: Annotated[
        str | None,
        typer.Option(
            help="How much goes to the old slot and back, 1% to 100%; by default `drill.share`, 10%."
        ),
    ] = None,
) -> None:
    """Try the way back: send a share of the traffic to the old slot and back, and say what that cost."""
    session = session_of(context)
    wanted = percentage(share) if share is not None else 0
    d = running(session, Verb.DRILL)
    if session.house.controller() is None:
        raise Refused(
            f"no controller runs for {session.state}, so nobody can try it. Start one: `verdigris up`"
        )
    before = newest_event(session, d)
    number = session.house.command(Verb.DRILL, session.actor, deployment=d.id, share=wanted)
    answer = answered(session, Verb.DRILL, number)
    if answer is None:
        raise typer.Exit(Exit.RUNNING)
    if not answer[0]:
        raise Refused(answer[1])
    raise typer.Exit(followed(session, d, before))


def percentage(text: str) -> int:
    """Whole percent, at least one."""
    from verdigris.config.units import UnitError, weight

    try:
        share = weight(text)
    except UnitError as error:
        raise ConfigError(f"--share: {error}") from None
    if share < 1:
        raise ConfigError(f"--share {text}: must be from 1% to 100%")
    return share


def newest_event(session: Session, d: Deployment) -> int:
    """The number of the last event so far: what comes after it is news."""
    events = session.house.desk().events(deployment=d.id, app=d.app, limit=1, newest=True)
    return events[-1].number if events else 0


def followed(session: Session, before: Deployment, known: int) -> Exit:
    """Follow until nothing of it is under way, and print what came of it."""
    teller, minding = telling(session, known), Minding(session)
    try:
        for look in follow(session, before.id, lambda _: session.pause(GLANCE)):
            teller.tell(minding.over(look))
            if look.deployment.drill is None:
                teller.close()
                return concluded(session, before, look)
    except KeyboardInterrupt:
        teller.close()
        sentence = "the drill goes on without you and brings traffic home. See `verdigris status`"
        session.voice.tell([line(sentence)], result(session, Exit.RUNNING, sentence))
        return Exit.RUNNING
    raise AssertionError("following has no end of its own")


def concluded(session: Session, before: Deployment, look: Look) -> Exit:
    d, record = look.deployment, look.deployment.drilled
    if record is None or record == before.drilled:
        return broken_off(session, d)
    return failed(session, d, record) if record.trouble else worked(session, record)


def worked(session: Session, record: Drilled) -> Exit:
    sentence = drilled_sentence(record)
    session.voice.tell([line(("✔ ", Ink.GOOD), sentence)], result(session, Exit.GOOD, sentence, record))
    return Exit.GOOD


def failed(session: Session, d: Deployment, record: Drilled) -> Exit:
    """The most valuable news there is: found on a quiet day."""
    failure = Failure(
        f"the way back does not work: {record.trouble}",
        evidence=(drilled_words(record),),
        traffic=traffic_words(session.snapshot()),
        next=(f"verdigris logs {record.slot}", "verdigris explain", f"verdigris report {d.id}"),
    )
    session.voice.fail(
        failure_lines(failure, session.voice.width), result(session, Exit.STUCK, failure.cause, record)
    )
    return Exit.STUCK


def broken_off(session: Session, d: Deployment) -> Exit:
    """Nothing was found out: somebody wanted something else, or nobody could see."""
    back = d.phase in ("restore", "settle", "discard", "rolled_back")
    code = Exit.ROLLED_BACK if back else Exit.ERROR
    why = f"the deployment is in {d.phase}: {d.cause}" if back else last_words(session, d)
    failure = Failure(
        f"the drill says nothing, it was {why}" if not back else f"the drill was broken off: {why}",
        traffic=traffic_words(session.snapshot()),
        next=("verdigris status", f"verdigris report {d.id}"),
    )
    session.voice.fail(failure_lines(failure, session.voice.width), result(session, code, failure.cause))
    return code


def last_words(session: Session, d: Deployment) -> str:
    """What the event log says of its end."""
    events = session.house.desk().events(deployment=d.id, app=d.app, newest=True)
    said = (e.sentence for e in reversed(events) if e.kind == "drill")
    return next((sentence for sentence in said if sentence.startswith("broken off")), "broken off")


def result(session: Session, code: Exit, sentence: str, record: Drilled | None = None) -> dict[str, object]:
    document: dict[str, object] = {"type": "result", "exit": int(code), "sentence": sentence}
    told = drilled_document(record) if record is not None else None
    return document | {"drill": told, "traffic": traffic_words(session.snapshot())}
