"""`verdigris preview`: how a person sees a slot that nobody else is sent to. It reads only."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.ink import Ink, Line, line
from verdigris.cli.show.lanes import serving
from verdigris.config import RouteSettings
from verdigris.core.errors import ConfigError, Refused
from verdigris.core.world import Slot

__all__ = ["preview"]

COOKIE = "verdigris-preview"


def preview(
    context: typer.Context,
    slot: Annotated[str, typer.Option(help="blue or green; by default the one that does not serve.")] = "",
) -> None:
    """Print address, header and cookie with which a slot answers whoever has the secret. Keep them to yourselves."""
    session = session_of(context)
    if slot not in ("", *Slot):
        raise ConfigError(f"--slot {slot}: there is no such slot. Use blue or green")
    chosen = Slot(slot) if slot else other_slot(session)
    header_file = session.house.preview_header(chosen)
    header = header_in(header_file)
    cookie = f"{COOKIE}={header.rpartition(': ')[2].replace(';', '.')}"
    address, more = reached(session.house.settings.route)
    words = ["curl", "-H", f"@{near(header_file)}", *more, address]
    curl = " ".join(map(shlex.quote, words))
    rows = {"slot": chosen.value, "address": address, "header": header, "cookie": cookie, "curl": curl}
    session.voice.tell(lines_of(rows), {"type": "result", "exit": 0, **rows})


def lines_of(rows: dict[str, str]) -> list[Line]:
    inks = {"curl": Ink.COMMAND}
    return [
        line((f"  {name.ljust(9)}", Ink.DIM), (text, inks.get(name, Ink.PLAIN)))
        for name, text in rows.items()
    ]


def other_slot(session: Session) -> Slot:
    """The one that a person can be curious about."""
    s = session.snapshot()
    live = serving(s) if s is not None else None
    if s is None or live is None:
        raise Refused(f"which slot of {session.name} serves is not known. Say which one is meant with --slot")
    return live.other


def header_in(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Refused(
            f"{path} cannot be read: {error.strerror}. The router writes it when it is first started: `verdigris up`"
        ) from error


def reached(route: RouteSettings) -> tuple[str, list[str]]:
    """The address with the app's host and path, and what curl has to be told besides for it to lead to this router."""
    secure = route.tls is not None
    listen = route.tls.listen if route.tls is not None else route.listen
    at, _, port = listen.rpartition(":")
    at = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(at, at)  # noqa: S104 -- read, not listened at
    host = route.host or at
    address = f"http{'s' if secure else ''}://{host}:{port}{route.path.rstrip('/')}/"
    return address, ["--resolve", f"{host}:{port}:{at}"] if host != at else []


def near(path: Path) -> str:
    """The path as it is shortest to type from here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
