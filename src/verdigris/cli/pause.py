"""`verdigris pause`: requests wait at the router until `verdigris unpause`, or are answered 503 after a while."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.pausing import paused
from verdigris.cli.show.amounts import duration
from verdigris.core.errors import ConfigError
from verdigris.core.world import Pause, Verb

__all__ = ["pause"]

METHODS = {"safe": (Verb.PAUSE, Pause.SAFE), "all": (Verb.PAUSE_ALL, Pause.ALL)}
HELD = {
    Pause.SAFE: "safe requests wait at the router, at most {longest} each, and others are answered 503 at once",
    Pause.ALL: "requests wait at the router, at most {longest} each",
}


def pause(
    context: typer.Context,
    reason: Annotated[str, typer.Argument(help="Why, for the event log.")] = "",
    methods: Annotated[
        str,
        typer.Option(
            help="Which requests wait: `safe`, or `all`. Those whose client leaves meanwhile may still be executed."
        ),
    ] = "safe",
) -> None:
    """Let requests wait at the router. The health path is answered meanwhile; a deployment goes on."""
    session = session_of(context)
    if methods not in METHODS:
        raise ConfigError(f"--methods {methods}: there is no such choice. Use safe or all")
    verb, wanted = METHODS[methods]
    longest = duration(session.house.settings.route.pause.longest)
    holds = f"{HELD[wanted].format(longest=longest)}; `verdigris unpause` lets them through"
    raise typer.Exit(paused(session, verb, wanted, holds, reason))
