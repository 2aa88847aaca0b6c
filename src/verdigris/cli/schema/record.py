"""`verdigris schema record`: which statements a program sends, heard on their way. It needs no deployment."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.schema.places import referred
from verdigris.cli.show.ink import line
from verdigris.core.errors import ConfigError

if TYPE_CHECKING:
    from verdigris.schema.sources.doors import Door
    from verdigris.schema.sources.tap import Tap

__all__ = ["record"]

ENDS_WITHIN = 10.0
"""Seconds for the program to end once it was told to."""


def record(
    context: typer.Context,
    command: Annotated[
        list[str], typer.Argument(help="The program, after --: a run of tests, a server under a rehearsal.")
    ],
    database: Annotated[
        str, typer.Option("--database", help="The database of the program: a URL or env:NAME.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Where the statements go, as JSON lines.")],
    variable: Annotated[
        str, typer.Option("--variable", help="The variable in which the program looks for its database.")
    ] = "DATABASE_URL",
    parameters: Annotated[
        str, typer.Option("--parameters", help="What is kept of people's data: nothing, hashed or values.")
    ] = "nothing",
) -> None:
    """Run a program with a tap before its database, and write down which statements it sent.

    Exit 0 when the program ended well; what it sent is written down in any case.
    """
    from verdigris.schema.sources.doors import door_of
    from verdigris.schema.sources.written import Keeping, write

    voice = session_of(context).voice
    if parameters not in set(Keeping):
        raise ConfigError(f"--parameters {parameters}: there are {', '.join(Keeping)}")
    url = referred("--database", database)
    tap, code = asyncio.run(heard(command, url, door_of(url), variable))
    found = tap.recording()
    write(out, found, Keeping(parameters))
    counted = f"{len(found.statements)} statements, sent {len(found.order)} times"
    notes = list(found.notes) if code == 0 else [*found.notes, f"{command[0]} ended with {code}"]
    exit_code = Exit.GOOD if code == 0 else Exit.ERROR
    document = {
        "statements": len(found.statements),
        "sent": len(found.order),
        "notes": notes,
        "exit": int(exit_code),
    }
    voice.tell([line(f"{out}: {counted}"), *map(line, notes)], document)
    raise typer.Exit(exit_code)


async def heard(command: list[str], url: str, to: Door, variable: str) -> tuple[Tap, int]:
    """The tap after the program has ended, and with what it ended."""
    from verdigris.schema.sources.doors import Door, through
    from verdigris.schema.sources.tap import tapped

    async with tapped(to, Door("127.0.0.1", 0)) as tap:
        return tap, await ran(command, {**os.environ, variable: through(url, tap.at)})


async def ran(command: list[str], environ: dict[str, str]) -> int:
    """Run it to its end. Ctrl-C reaches it as well; what was heard up to then is kept."""
    try:
        process = await asyncio.create_subprocess_exec(*command, env=environ)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{command[0]}: cannot be started: {getattr(error, 'strerror', None) or 'no name'}"
        ) from None
    try:
        return await process.wait()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            return await asyncio.wait_for(process.wait(), ENDS_WITHIN)
        process.kill()
        return await process.wait()
