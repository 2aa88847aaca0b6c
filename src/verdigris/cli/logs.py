"""`verdigris logs`: what instances, router, keeper and controller said, made harmless for the terminal. It reads only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.ink import clean
from verdigris.core.errors import Refused

__all__ = ["logs"]

EVERY = 0.5
FOLLOWED = 2000
"""Lines that are looked back at between two looks while following."""


def logs(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="blue, green, an instance like green-1, router, keeper, controller.")
    ] = "",
    lines: Annotated[int, typer.Option(min=1, max=100_000, help="How many of the last lines.")] = 100,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
) -> None:
    """Print the last lines of a log; without a name, of the slot that serves."""
    session = session_of(context)
    name = name or serving_slot(session)
    said = tuple(session.house.logs(name, lines))
    if not said and not follow:
        raise Refused(
            f"there is no log of {name}. Try blue, green, an instance like green-1, router, keeper or controller"
        )
    put(session, name, said)
    while follow:
        session.pause(EVERY)
        now = tuple(session.house.logs(name, FOLLOWED))
        put(session, name, fresh(said, now))
        said = now


def serving_slot(session: Session) -> str:
    from verdigris.cli.show.lanes import serving

    s = session.snapshot()
    slot = serving(s) if s is not None else None
    return slot.value if slot is not None else "blue"


def put(session: Session, name: str, said: Sequence[str]) -> None:
    for text in said:
        if session.voice.as_json:
            session.voice.object({"type": "line", "log": name, "text": text})
        else:
            print(clean(text), file=session.voice.out, flush=True)


def fresh(before: Sequence[str], now: Sequence[str]) -> Sequence[str]:
    """The lines of `now` that come after the end of `before`."""
    for start in range(min(len(before), len(now)), 0, -1):
        if tuple(before[-start:]) == tuple(now[:start]):
            return now[start:]
    end = tuple(before[-3:])
    places = (n for n in range(len(now) - len(end), -1, -1) if tuple(now[n : n + len(end)]) == end)
    found = next(places, None) if end else None
    return now if found is None else now[found + len(end) :]
