"""`verdigris resume`: files the command, waits for the answer and prints it."""

from __future__ import annotations

import typer

from verdigris.cli.asking import asked
from verdigris.cli.options import session_of
from verdigris.core.world import Verb

__all__ = ["resume"]


def resume(context: typer.Context) -> None:
    """Go on: with a held deployment, with a stuck one, or past a change that somebody made to the router."""
    raise typer.Exit(asked(session_of(context), Verb.RESUME))
