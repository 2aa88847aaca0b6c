"""The global options, which stand before the verb or after it, and what is made of them: one `Session`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from verdigris.cli.session import Session
from verdigris.cli.voice import Voice
from verdigris.core.errors import ConfigError

__all__ = ["duration_of", "gather", "hoisted", "session_of"]

VALUED = ("--config", "--state", "--app")
FLAGS = ("--json", "--quiet", "--no-color", "--debug")


def show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"verdigris {version('verdigris')}")
        raise typer.Exit


def gather(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="The configuration file.")] = Path("verdigris.yaml"),
    state: Annotated[Path, typer.Option(help="The state directory.")] = Path(".verdigris"),
    app: Annotated[str | None, typer.Option(help="Which app, where the file has several.")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object per line; the last is the result.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only the result.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR does the same.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Print it.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an unexpected error.")
    ] = False,
) -> None:
    """Ships a new version of an HTTP API without a failed request, and takes it back by itself when it is worse."""
    if isinstance(context.obj, Session):  # somebody brought a world of their own: a test
        session = context.obj
    else:
        session = context.obj = Session()
    color = not no_color and not os.environ.get("NO_COLOR")
    session.config, session.state, session.app, session.debug = config, state, app, debug
    session.voice = Voice(json, quiet, color, wall=session.voice.wall, app=app or "")


def session_of(context: typer.Context) -> Session:
    session = context.obj
    assert isinstance(session, Session)
    return session


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the global options first, wherever they stood; what follows `--` stays as it is."""
    ours: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in VALUED:
            value = next(words, None)
            if value is None:
                return [word]  # a verb must not be taken for what is missing here
            ours += [word, value]
        elif word in FLAGS or word.partition("=")[0] in VALUED:
            ours.append(word)
        else:
            rest.append(word)
    return ours + rest


def duration_of(option: str, text: str) -> float:
    """Seconds of a duration on the command line, written as in verdigris.yaml."""
    from verdigris.config.units import UnitError, seconds

    try:
        return seconds(text)
    except UnitError as error:
        raise ConfigError(f"{option}: {error}") from None
