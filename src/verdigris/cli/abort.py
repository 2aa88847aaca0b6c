"""`verdigris abort`: files the command, waits for the answer and prints it."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.asking import asked
from verdigris.cli.options import session_of
from verdigris.core.world import Verb

__all__ = ["abort"]


def abort(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(help="Why, for the event log.")] = "",
) -> None:
    """End a deployment before any traffic has moved."""
    raise typer.Exit(asked(session_of(context), Verb.ABORT, reason))
