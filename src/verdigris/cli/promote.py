"""`verdigris promote`: files the command, waits for the answer and prints it."""

from __future__ import annotations

import typer

from verdigris.cli.asking import asked
from verdigris.cli.options import session_of
from verdigris.core.world import Verb

__all__ = ["promote"]


def promote(context: typer.Context) -> None:
    """Open the gate, or cut short a wait for evidence that is good so far."""
    raise typer.Exit(asked(session_of(context), Verb.PROMOTE))
