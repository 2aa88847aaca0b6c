"""`verdigris recover`: build the store anew from what router and keeper say. Traffic is not touched."""

from __future__ import annotations

import asyncio

import typer

from verdigris.cli.options import session_of
from verdigris.cli.show.ink import Ink, line

__all__ = ["recover"]


def recover(context: typer.Context) -> None:
    """Build a lost or damaged store anew from the router and the keeper; the old file is kept beside it."""
    session = session_of(context)
    known = asyncio.run(session.house.recover(session.voice.say))
    session.house.start(session.voice.say)
    lines = [line(("✔ ", Ink.GOOD), sentence) for sentence in known]
    lines.append(line("  next  ", ("verdigris status", Ink.COMMAND)))
    session.voice.tell(lines, {"type": "result", "exit": 0, "sentence": "; ".join(known)})
