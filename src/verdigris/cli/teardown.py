"""`verdigris teardown`: one app ends, or everything of this state directory, router and keeper included."""

from __future__ import annotations

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
    """End the app named by --app, or all: controller, router and keeper too. Its requests are refused from then on."""
    session = session_of(context)
    if everything == (session.app is not None):
        raise ConfigError(
            "teardown: slots are torn down by deployments themselves."
            " Say what is to end: one app with --app, or all with --all --yes"
        )
    if not yes:
        confirm(session)
    if everything:
        session.house.tear_down_everything(session.voice.say)
        sentence = f"nothing of {session.state} is left"
    else:
        session.house.tear_down(session.actor, session.voice.say)
        sentence = f"nothing of {session.app} runs any more"
    session.voice.tell(
        [line(("✔ ", Ink.GOOD), sentence)], {"type": "result", "exit": 0, "sentence": sentence}
    )


def confirm(session: Session) -> None:
    """Ask a person; where there is none, --yes has to say it."""
    session.voice.may_ask("teardown")
    apps = (session.app,) if session.app else session.house.seen
    pictures = {app: session.house.board().read(app) for app in apps}
    serves = "; ".join(f"{app}: {traffic_words(s)}" for app, s in pictures.items() if s is not None)
    typer.confirm(
        f"{session.app or f'Everything of {session.state}'} ends{f' ({serves})' if serves else ''}. Go on?",
        abort=True,
        err=True,
    )
