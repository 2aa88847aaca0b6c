"""`verdigris schema contract`: what only the old version needed, taken away by hand once nobody misses it.

Refused while a rollback is on offer, and while a session of the old version is left: nothing here decides that anew.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.schema.orders import Given, Work, contracting, going_on, places, site_of
from verdigris.cli.schema.strangers import claimed
from verdigris.cli.schema.turn import proving, turn
from verdigris.cli.schema.typed import AllowUnproven, Database, OfHazards, OfShapes, Shadow, Statements
from verdigris.cli.show.carried import Carried, Kept, carried_document, carried_lines
from verdigris.core.errors import Refused
from verdigris.core.world import Slot

if TYPE_CHECKING:
    from verdigris.cli.voice import Voice
    from verdigris.schema.jobs.papers import Answer, Papers

__all__ = ["contract"]


def contract(
    context: typer.Context,
    database: Database = "",
    directory: Annotated[
        Path | None,
        typer.Option("--directory", help="Where the migrations are; else where the release has them."),
    ] = None,
    statements: Statements = None,
    role: Annotated[
        str,
        typer.Option(
            "--role", help="The application's role, whose members the slots' are; else verdigris.yaml's."
        ),
    ] = "",
    old: Annotated[
        Slot | None,
        typer.Option("--old", help="Whose version is gone, where nothing was deployed from here."),
    ] = None,
    shadow: Shadow = "",
    shapes: OfShapes = None,
    hazards: OfHazards = None,
    allow_unproven: AllowUnproven = False,
    drop_due: Annotated[
        bool, typer.Option("--drop-due", help="Only drop for good what was taken away a day ago or more.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take away what only the old version needed, once it is proven that the serving one does without.

    Columns and tables are renamed at first, and dropped a day later: by the controller where what serves was deployed
    by it, by --drop-due, or by the next change. Where another tool than ours cannot have that, it is said before you
    are asked.
    Exit 11 without a proof, 14 while a deployment is under way or a rollback is on offer.
    """
    session = session_of(context)
    given = Given(database, shadow, directory, statements, role, old, shapes, hazards)
    if not yes:
        session.voice.may_ask("schema contract")
    with turn(session) as ours:
        site = site_of(session, given, ours.of)
        if drop_due:
            url = places(site, given)[0]
            found = dropped(url, session.voice, asks=not yes)
            ours.settle_due(url)
        else:
            work = contracting(site, given, ours.home).holding(ours.lock)
            work = replace(work, unproven_passes=allow_unproven or work.unproven_passes)
            found = contracted(work, session.voice, asks=not yes)
    session.voice.tell(carried_lines(found, session.voice.width), carried_document(found))
    raise typer.Exit(found.exit)


def contracted(work: Work, voice: Voice, asks: bool) -> Carried:
    """What came of it: the steps that are left, with the old role shut out, if the proof lets them."""
    from verdigris.schema.jobs.carrying import Carrying
    from verdigris.schema.jobs.release import role_name
    from verdigris.schema.shadow.embedded import told_to_end

    if work.assumed:
        voice.say(work.assumed)
    claimed(work)
    carrying = Carrying(work.order, work.url, voice.say)
    old = role_name(work.order, Slot(work.order.slot).other)
    carrying.settle()  # what a run that was killed owes, also where no step is left
    if work.assumed:
        carrying.let_in(old)  # nothing is written down of a run that had no state directory
    steps = tuple(map(str, carrying.pending()))
    if not steps:
        return Carried("nothing is left to contract", kept=kept(work.url))
    # Asked again when the role is shut out: here it spares a proof that would be for nothing.
    carrying.nobody_left(old)
    papers, answer = proven(work, voice)
    for sentence in (*papers.hazards, *papers.notes):
        voice.say(sentence)
    if not work.takes(answer.outcome):
        return Carried(
            f"nothing is taken away: {answer.sentence}{going_on(answer.outcome)}",
            (),
            steps,
            answer,
            Exit.NOT_MOVED,
            kept(work.url),
        )
    if asks:
        typer.confirm(f"{answer.sentence}. {', '.join(steps)}: carry it out?", abort=True, err=True)
    with told_to_end():  # so that the old role is let in again
        work.order.desk().write(carrying.contracted(papers))
    return Carried("the schema is contracted", steps, (), answer, kept=kept(work.url))


def proven(work: Work, voice: Voice) -> tuple[Papers, Answer]:
    """The proof, made anew: what production has sent since the last one counts. Refused where it is too early."""
    from verdigris.schema.jobs.papers import Question
    from verdigris.schema.jobs.proving import Proving

    before = work.order.desk().read()
    answers = dict(before.answers)
    answers.pop(Question.CONTRACTS, None)
    papers = Proving(work.order, work.url, work.shadow, proving(voice)).ask(
        # What is pending now may come from another directory than the release, which had perhaps no step.
        Question.CONTRACTS,
        replace(before, answers=answers, unchanged=False),
    )
    if not papers.expanded:
        raise Refused(
            "there are steps that expand the schema and are not carried out, and what contracts comes after them: run "
            "`verdigris schema expand` first"
        )
    work.order.desk().write(papers)
    return papers, papers.answers[Question.CONTRACTS]


def dropped(url: str, voice: Voice, asks: bool) -> Carried:
    """What was due is gone for good."""
    from verdigris.schema.running.session import connecting
    from verdigris.schema.running.tombstone import drop_due, owed

    with connecting(url)() as connection:
        due = [str(stone) for stone in owed(connection) if stone.is_due]
    if due and asks:
        typer.confirm(f"{', '.join(due)}: drop for good, with all that is in there?", abort=True, err=True)
    gone = tuple(map(str, drop_due(connecting(url), tell=voice.say)))
    sentence = "what was due is dropped" if gone else "nothing is due"
    return Carried(sentence, dropped=gone, kept=kept(url))


def kept(url: str) -> tuple[Kept, ...]:
    """What can still be had back."""
    from verdigris.schema.running.session import connecting
    from verdigris.schema.running.tombstone import owed

    with connecting(url)() as connection:
        return tuple(Kept(str(stone), f"{stone.due:%Y-%m-%d %H:%M %Z}".strip()) for stone in owed(connection))
