"""Follows a deployment: looks at the board and the event log again and again, and yields what is new.

It only reads. Whoever follows can stop at any time; the deployment goes on without them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from verdigris.cli.past import news_of
from verdigris.cli.session import Session
from verdigris.cli.show.gap import NO_GAP, Gap
from verdigris.cli.show.story import Story
from verdigris.core.deployment import Deployment
from verdigris.core.errors import Conflict, ObservationError, StoreUnavailable
from verdigris.ports import Event

__all__ = ["EVERY", "Look", "follow", "look_at"]

EVERY = 0.25
"""Seconds between two looks: four redraws a second at most."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the deployment as it is stored, what was told since the last look, and the story so far.

    `gap` is what is left out of the events: who comes late hears every turn, and the newest. `trouble` is why the
    store could not be read this time.
    """

    deployment: Deployment
    events: tuple[Event, ...]
    story: Story
    trouble: str = ""
    gap: Gap = NO_GAP


def follow(session: Session, deployment: str, pause: Callable[[float], None] | None = None) -> Iterator[Look]:
    """Look at one deployment for ever, with a pause between two looks. A store that fails on the way ends nothing."""
    story, number = Story(deployment, session.name), 0
    last: Look | None = None
    while True:
        try:
            look = look_at(session, story, number)
        except (ObservationError, StoreUnavailable, Conflict) as error:
            if last is None:
                raise
            look = by_the_board(session, last, str(error))
        if look is not None:
            last, story = look, look.story
            number = look.events[-1].number if look.events else number
            yield look
        (pause or session.pause)(EVERY)


def by_the_board(session: Session, last: Look, trouble: str) -> Look:
    """What the board alone tells while the store cannot be read."""
    s = session.snapshot()
    ours = s is not None and s.deployment.id == last.story.id
    deployment = s.deployment if s is not None and ours else last.deployment
    return Look(deployment, (), last.story.see(s) if s is not None else last.story, trouble)


def look_at(session: Session, story: Story, after: int = 0) -> Look | None:
    """One look; None when the store does not know the deployment."""
    saved = session.house.desk().deployment(story.id, story.app)
    if saved is None:
        return None
    past = news_of(session, story.id, story.app, after)
    for event in past.events:
        story = story.hear(event)
    snapshot = session.snapshot()
    return Look(saved.deployment, past.events, story.see(snapshot) if snapshot else story, gap=past.gap)
