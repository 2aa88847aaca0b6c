"""`verdigris unpause`: what waits at the router goes on at once, and nothing waits any more."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.pausing import paused
from verdigris.core.world import Pause, Verb

__all__ = ["unpause"]


def unpause(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(help="Why, for the event log.")] = "",
) -> None:
    """Let requests through again, those that wait first. Ends maintenance too."""
    holds = "requests are let through again"
    raise typer.Exit(paused(session_of(context), Verb.UNPAUSE, Pause.NONE, holds, reason))
