"""`verdigris hold`: files the command, waits for the answer and prints it."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.asking import asked
from verdigris.cli.options import session_of
from verdigris.core.world import Verb

__all__ = ["hold"]


def hold(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(help="Why, for the event log.")] = "",
) -> None:
    """Stand still where it is: nothing goes on until `verdigris resume`; traffic still turns back by itself."""
    raise typer.Exit(asked(session_of(context), Verb.HOLD, reason))
