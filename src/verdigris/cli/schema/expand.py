"""`verdigris schema expand`: what the next release needs, added by hand while the one before goes on serving."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.schema.orders import Given, Work, expanding, going_on, site_of
from verdigris.cli.schema.strangers import claimed
from verdigris.cli.schema.turn import proving, turn
from verdigris.cli.schema.typed import AllowUnproven, Database, OfHazards, OfShapes, Shadow, Statements
from verdigris.cli.show.carried import Carried, carried_document, carried_lines

if TYPE_CHECKING:
    from verdigris.cli.voice import Voice

__all__ = ["expand"]

LEFT = "contracts and is left for `verdigris schema contract`"


def expand(
    context: typer.Context,
    database: Database = "",
    directory: Annotated[
        Path | None, typer.Option("--directory", help="Where the migrations are; else verdigris.yaml's.")
    ] = None,
    statements: Statements = None,
    shadow: Shadow = "",
    shapes: OfShapes = None,
    hazards: OfHazards = None,
    allow_unproven: AllowUnproven = False,
) -> None:
    """Carry out the steps that expand the schema, in short transactions, beside the version that serves.

    They are tried on a shadow first, and what is both or breaks what serves is not carried out. Killed, it is run again
    and goes on. Exit 11 when something would break or nobody knows, 14 while a deployment is under way.
    """
    session = session_of(context)
    given = Given(database, shadow, directory, statements, shapes=shapes, hazards=hazards)
    with turn(session) as ours:
        work = expanding(site_of(session, given, ours.of), given, ours.home).holding(ours.lock)
        work = replace(work, unproven_passes=allow_unproven or work.unproven_passes)
        found = expanded(work, session.voice)
    session.voice.tell(carried_lines(found, session.voice.width), carried_document(found))
    raise typer.Exit(found.exit)


def expanded(work: Work, voice: Voice) -> Carried:
    """What came of it: all that is pending and does not contract, unless it would break what serves."""
    from verdigris.schema.jobs.carrying import Carrying
    from verdigris.schema.jobs.papers import Papers, Question
    from verdigris.schema.jobs.proving import Proving

    if work.assumed:
        voice.say(work.assumed)
    claimed(work)
    carrying = Carrying(work.order, work.url, voice.say)
    carrying.settle()  # what a run that was killed owes, also where no step is left
    names = tuple(map(str, carrying.pending()))
    if not names:
        return Carried("every step is carried out already")
    papers = Proving(work.order, work.url, work.shadow, proving(voice)).ask(Question.KEEPS, Papers())
    answer = papers.answers[Question.KEEPS]
    for sentence in (*papers.hazards, *papers.notes):
        voice.say(sentence)
    owed = tuple(f"{name} {LEFT}" for name in papers.owed)
    due = tuple(name for name in names if name not in papers.owed)
    if not due:
        return Carried("there is nothing to expand", (), owed, answer)
    if not work.takes(answer.outcome):
        return Carried(
            f"nothing is carried out: {answer.sentence}{going_on(answer.outcome)}",
            (),
            owed,
            answer,
            Exit.NOT_MOVED,
        )
    work.order.desk().write(papers)
    work.order.desk().write(carrying.expanded(papers))
    for note in carrying.recycling.notes:
        voice.say(note)
    return Carried("the schema is expanded", due, owed, answer)
