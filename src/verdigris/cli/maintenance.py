"""`verdigris maintenance on|off`: the router answers for the app, with its page and `Retry-After`."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.bootstrap.sites import check_page
from verdigris.cli.options import session_of
from verdigris.cli.pausing import paused
from verdigris.cli.show.amounts import duration
from verdigris.core.errors import ConfigError
from verdigris.core.world import Pause, Verb

__all__ = ["maintenance"]


def maintenance(
    context: typer.Context,
    switch: Annotated[str, typer.Argument(help="on or off.")],
    reason: Annotated[str, typer.Argument(help="Why, for the event log.")] = "",
) -> None:
    """Have everybody answered 503 with the page of route.maintenance, or end that."""
    session = session_of(context)
    if switch not in ("on", "off"):
        raise ConfigError(f"maintenance {switch}: there is no such choice. Use on or off")
    if switch == "off":
        holds = "maintenance is over, requests are let through again"
        raise typer.Exit(paused(session, Verb.UNPAUSE, Pause.NONE, holds, reason))
    check_page(session.house.settings)
    after = duration(session.house.settings.route.maintenance.retry_after)
    holds = f"everybody is answered 503, to come back after {after}; `verdigris maintenance off` ends it"
    raise typer.Exit(paused(session, Verb.MAINTAIN, Pause.MAINTENANCE, holds, reason))
