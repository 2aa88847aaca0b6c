"""`verdigris up`: the controller in the foreground, or its systemd units. Stopping it stops nothing else."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.ink import Ink, line
from verdigris.core.errors import ActionError

__all__ = ["up"]

UNITS = Path("/etc/systemd/system")


def up(
    context: typer.Context,
    install: Annotated[
        bool, typer.Option("--install", help="Write systemd units instead of running here.")
    ] = False,
    to: Annotated[Path, typer.Option(help="Where --install writes them.")] = UNITS,
) -> None:
    """Be the controller until SIGTERM or Ctrl-C. Router and instances do not need it and go on without it."""
    session = session_of(context)
    if install:
        write_units(session, to)
        return
    from verdigris.cli.journal import write_log_to

    write_log_to(session.voice.err, session.voice.as_json)
    asyncio.run(session.house.run_controller())


def write_units(session: Session, to: Path) -> None:
    """Write each unit, and say what to type for systemd to know it."""
    units = session.house.install_units()
    for name, text in units.items():
        try:
            (to / name).write_text(text)
        except OSError as error:
            raise ActionError(
                f"{to / name} cannot be written: {error.strerror}. Run it as root, or choose another place with --to"
            ) from error
    commands = ("systemctl daemon-reload", f"systemctl enable --now {' '.join(units)}")
    lines = [line(("✔ ", Ink.GOOD), f"wrote {' and '.join(str(to / name) for name in units)}")]
    lines += [line("  next  ", (command, Ink.COMMAND)) for command in commands]
    document = {
        "type": "result",
        "exit": 0,
        "units": [str(to / name) for name in units],
        "next": list(commands),
    }
    session.voice.tell(lines, document)
