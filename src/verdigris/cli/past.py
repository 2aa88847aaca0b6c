"""What the command line reads of a deployment's past: every turn, and the newest of the rest.

However long the past is, reading it is bounded. What is left out is counted, so that it can be said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verdigris.cli.session import Session
from verdigris.cli.show.found import Evidence
from verdigris.cli.show.gap import NO_GAP, Gap
from verdigris.cli.show.story import Story, told
from verdigris.core.deployment import Deployment
from verdigris.core.errors import Conflict, ObservationError
from verdigris.ports import Desk, Event

__all__ = ["BEGINNING", "NEWEST", "Past", "all_of", "evidence_of", "news_of", "past_of", "story_of"]

BEGINNING = 100
NEWEST = 900
PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Past:
    """Events in their order, and what is left out of them."""

    events: tuple[Event, ...]
    gap: Gap = NO_GAP


def story_of(session: Session, d: Deployment) -> Story:
    """The phases so far, from the first one on."""
    return told(d.id, d.app, session.house.desk().turns(d.id, d.app))


def evidence_of(session: Session, d: Deployment) -> Evidence:
    """How the evidence of its trial has grown; a picture only, so that what cannot be read is not shown."""
    try:
        return session.house.desk().evidence(d.id, d.app)
    except (ObservationError, Conflict):
        return ()


def news_of(session: Session, deployment: str, app: str, after: int = 0) -> Past:
    """What happened after the event of this number: every turn, and the newest."""
    desk = session.house.desk()
    newest = desk.events(after=after, deployment=deployment, limit=NEWEST, app=app, newest=True)
    return Past(newest) if len(newest) < NEWEST else bridged(desk, deployment, (), newest, after)


def past_of(session: Session, deployment: str, app: str) -> Past:
    """How it began, every turn, and the newest."""
    desk = session.house.desk()
    newest = desk.events(deployment=deployment, limit=NEWEST, app=app, newest=True)
    if len(newest) < NEWEST:
        return Past(newest)
    first = desk.events(deployment=deployment, limit=BEGINNING, app=app)
    return bridged(desk, deployment, tuple(e for e in first if e.number < newest[0].number), newest)


def all_of(session: Session, deployment: str, app: str) -> Past:
    """Everything, however long that takes."""
    return Past(tuple(every(session.house.desk(), deployment, app)))


def every(desk: Desk, deployment: str, app: str) -> Iterator[Event]:
    page = desk.events(deployment=deployment, limit=PAGE, app=app)
    while page:
        yield from page
        page = desk.events(after=page[-1].number, deployment=deployment, limit=PAGE, app=app)


def bridged(
    desk: Desk, deployment: str, first: tuple[Event, ...], newest: tuple[Event, ...], after: int = 0
) -> Past:
    """Both ends, with the turns between them and the number of what is left out there."""
    last, app, number = first[-1].number if first else after, newest[0].app, newest[0].number
    turns = tuple(e for e in desk.turns(deployment, app, last) if e.number < number)
    left_out = desk.count(deployment, app, last, number) - len(turns)
    return Past((*first, *turns, *newest), Gap(left_out, number))
