"""`verdigris teardown --all --yes`: everything of this state directory ends, router and keeper included."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.failure import traffic_words
from verdigris.cli.show.ink import Ink, line
from verdigris.core.errors import ConfigError

__all__ = ["teardown"]


def teardown(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything: instances, router, keeper, state.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """End controller, instances, router and keeper, and remove the state directory: requests are refused then."""
    session = session_of(context)
    if not everything:
        raise ConfigError(
            "teardown: slots are torn down by deployments themselves. To end all of it: --all --yes"
        )
    if not yes:
        confirm(session)
    session.house.tear_down_everything(session.voice.say)
    sentence = f"nothing of {session.state} is left"
    session.voice.tell(
        [line(("✔ ", Ink.GOOD), sentence)], {"type": "result", "exit": 0, "sentence": sentence}
    )


def confirm(session: Session) -> None:
    """Ask a person; where there is none, --yes has to say it."""
    if session.voice.as_json or not sys.stdin.isatty():
        raise ConfigError("teardown: nobody can be asked here. Add --yes")
    serves = traffic_words(session.snapshot())
    typer.confirm(
        f"Everything of {session.state} ends{f', and {serves}' if serves else ''}. Go on?",
        abort=True,
        err=True,
    )
