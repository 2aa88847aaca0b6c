"""`verdigris schema restore`: what a contract has taken away, back under its name, for as long as it is not dropped.

It says nothing of who should serve: a version that needs the old columns is brought back by another deployment.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.schema.orders import Given, Site, places, site_of
from verdigris.cli.schema.strangers import refuse_strangers
from verdigris.cli.schema.turn import turn
from verdigris.cli.schema.typed import Database
from verdigris.cli.show.carried import Carried, carried_document, carried_lines
from verdigris.core.errors import Refused

if TYPE_CHECKING:
    from verdigris.cli.voice import Voice

__all__ = ["restore"]


def restore(
    context: typer.Context,
    database: Database = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Give back the tables and columns that a contract took away, within the day for which they are kept.

    All or nothing, in milliseconds, with what they demanded of rows. Rows that were written meanwhile have no value
    there. The step counts as carried out all the same: whoever wants it gone again says so in a new one. Exit 14 while
    a deployment is under way.
    """
    session = session_of(context)
    if not yes:
        session.voice.may_ask("schema restore")
    given = Given(database)
    with turn(session) as ours:
        site = site_of(session, given, ours.of)
        url = places(site, given)[0]
        if ours.of is None:
            refuse_others(url, ours.home, site)
        found = restored(url, session.voice, asks=not yes)
        ours.settle_due(url)
    session.voice.tell(carried_lines(found, session.voice.width), carried_document(found))
    raise typer.Exit(found.exit)


def refuse_others(url: str, home: Path, site: Site) -> None:
    """Whoever knows of no deployment does not know either whether a tool is about to drop, at this moment."""
    from verdigris.schema.running.session import connecting
    from verdigris.schema.running.tombstone import unfinished

    if not site.app:
        refuse_strangers(url, home, site.state)
    with connecting(url)() as connection:
        found = unfinished(connection)
    if found:
        raise Refused(
            f"{found[0]}: a tool may be about to drop what stands in its place, and would drop the real one. Run this "
            "where the state directory of its app is, or name it with --state"
        )


def restored(url: str, voice: Voice, asks: bool) -> Carried:
    """What came back, and what nobody gives back by itself."""
    from verdigris.schema.running.session import connecting
    from verdigris.schema.running.tombstone import owed
    from verdigris.schema.running.tombstone import restore as back

    connect = connecting(url)
    with connect() as connection:
        stones = tuple(map(str, owed(connection)))
    if not stones:
        return Carried("nothing is kept that could be given back")
    if asks:
        typer.confirm(f"{', '.join(stones)}: give it back?", abort=True, err=True)
    notes = back(connect, tell=voice.say)
    return Carried("what was taken away is back", stones, notes)
