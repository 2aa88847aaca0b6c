"""`verdigris schema role`: a database role of its own for a slot, and a new password whenever it is asked for again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.schema.places import referred
from verdigris.cli.show.ink import line
from verdigris.core.world import Slot

__all__ = ["role"]


def role(
    context: typer.Context,
    slot: Annotated[Slot, typer.Argument(help="blue or green: the one whose instances are started next.")],
    app: Annotated[str, typer.Option("--role", help="The application's role, whose member it becomes.")],
    database: Annotated[
        str, typer.Option("--database", help="As somebody who may make roles: a URL or env:NAME.")
    ],
    out: Annotated[Path, typer.Option("--out", help="The file for the URL with the slot's login (0600).")],
    url: Annotated[
        str, typer.Option("--url", help="The application's URL, if it is another one: a URL or env:NAME.")
    ] = "",
) -> None:
    """Make the database role of a slot, or make it right, and put a URL with a new password into a file.

    Instances that run with the password of before stay connected, and cannot connect anew.
    """
    from verdigris.schema.running.session import connecting
    from verdigris.schema.sources.doors import is_url
    from verdigris.schema.sources.roles import keep, notes, prepare, url_of

    voice = session_of(context).voice
    place = referred("--database", database)
    theirs = is_url(referred("--url", url) if url else place)
    connect = connecting(place)
    login = prepare(connect, app, slot.value)
    reference = keep(out, url_of(theirs, login))
    told = [*login.notes, *notes(connect, app)]
    document = {"role": login.role, "reference": reference, "notes": told, "exit": int(Exit.GOOD)}
    voice.tell([line(f"{login.role} can log in with {reference}"), *map(line, told)], document)
