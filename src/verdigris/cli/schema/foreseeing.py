"""What a deploy of now would do to the schema, asked without doing it: the steps, the proof of `preflight`, who waits.

It reads production and works on a shadow. Nothing is written down: a deployment asks anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from verdigris.cli.schema.orders import Given, Site, Work, expanding
from verdigris.cli.schema.turn import home_of
from verdigris.cli.session import Session
from verdigris.cli.show.foreseen import Foreseen
from verdigris.core.errors import ActionError, ConfigError, ObservationError, Refused
from verdigris.core.world import Proven

if TYPE_CHECKING:
    from verdigris.core.deployment import Deployment

__all__ = ["foreseen"]


def foreseen(session: Session, newest: Deployment | None, tell: Callable[[str], None]) -> Foreseen | None:
    """None where verdigris does not move the schema. Where it cannot be tried, the sentence says why."""
    settings = session.house.settings
    if settings.schema is None:
        return None
    if settings.app != session.name:
        return Foreseen(sentence=f"it could not be tried: the state directory knows {session.name} only")
    with home_of(session) as home:
        site = Site(settings, settings.schema, newest)
        try:
            work = expanding(site, Given(), home)
        except ConfigError as error:  # the controller may well have what this shell has not
            return Foreseen(sentence=f"it could not be tried: {error}")
        if site.serving() is None:
            work = replace(work, order=replace(work.order, previous=""))
        try:
            return tried(work, tell)
        except (ConfigError, Refused) as error:
            return Foreseen(verdict=str(Proven.DISPROVEN), sentence=str(error), refused=True)
        except (ActionError, ObservationError) as error:
            return Foreseen(sentence=f"it could not be tried: {error}")


def tried(work: Work, tell: Callable[[str], None]) -> Foreseen:
    from verdigris.schema.jobs.carrying import Carrying
    from verdigris.schema.jobs.papers import Papers, Question
    from verdigris.schema.jobs.proving import Proving

    pending = tuple(map(str, Carrying(work.order, work.url, tell).pending()))
    papers = Proving(work.order, work.url, work.shadow, tell, marks=False).answered(Papers())
    answer = papers.answers[Question.KEEPS]
    return Foreseen(
        expand=tuple(name for name in pending if name not in papers.owed), contract=papers.owed,
        verdict=str(answer.outcome), sentence=answer.sentence, hazards=papers.hazards, notes=papers.notes,
        refused=not work.takes(answer.outcome),
    )  # fmt: skip
