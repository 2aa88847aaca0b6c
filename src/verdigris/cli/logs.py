"""`verdigris logs`: what instances, router, keeper and controller said, harmless for the terminal. It reads only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from verdigris.cli.growing import Growing
from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.ink import clean
from verdigris.cli.show.lanes import serving
from verdigris.core.errors import Refused

__all__ = ["logs"]

EVERY = 0.25


def logs(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="blue, green, one like green-1, router, keeper, controller.")
    ] = "",
    lines: Annotated[int, typer.Option(min=1, max=100_000, help="How many of the last lines.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Print the last lines of a log; without a name, of the slot that serves."""
    session = session_of(context)
    name = name or serving_slot(session)
    watched = [Growing(path) for path in session.house.log_files(name)] if follow else []
    said = tuple(session.house.logs(name, lines))
    if not said and not watched:
        others = "blue, green, an instance like green-1, router, keeper or controller"
        raise Refused(f"there is no log of {name}. Try {others}")
    put(session, name, said)
    while watched:
        session.pause(EVERY)
        for log in watched:
            put(session, log.name, log.fresh())


def serving_slot(session: Session) -> str:
    s = session.snapshot()
    slot = serving(s) if s is not None else None
    return slot.value if slot is not None else "blue"


def put(session: Session, name: str, said: Iterable[str]) -> None:
    for text in said:
        if session.voice.as_json:
            session.voice.object({"type": "line", "log": name, "text": text})
        else:
            print(clean(text), file=session.voice.out, flush=True)
