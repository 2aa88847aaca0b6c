"""`verdigris init`: write a first verdigris.yaml from what stands in the directory. It never replaces one."""

from __future__ import annotations

from pathlib import Path

import typer

from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.ink import Ink, Line, line
from verdigris.config import Detected, app_name, detect, init_text
from verdigris.core.errors import ActionError, Refused

__all__ = ["init"]


def init(context: typer.Context) -> None:
    """Look at the directory and write a verdigris.yaml that says what was found and why each value is there."""
    session = session_of(context)
    directory = session.config.absolute().parent
    found = detect(directory)
    write(session.config, init_text(session.app or app_name(directory), found))
    ignored = ignore(directory, session.state)
    document = {
        "type": "result",
        "exit": 0,
        "config": str(session.config),
        "found": found.what,
        "notes": list(found.notes),
    }
    session.voice.tell(told(session, found, ignored), document)


def write(path: Path, text: str) -> None:
    try:
        with path.open("x") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{path} exists and is left as it is. Edit it, or name another with --config") from None
    except OSError as error:
        raise ActionError(f"{path} cannot be written: {error.strerror}. Look at its directory") from error


def ignore(directory: Path, state: Path) -> bool:
    """Keep the state directory out of a git repository; whether a line was added."""
    if state.is_absolute() or not any((above / ".git").exists() for above in (directory, *directory.parents)):
        return False
    path, line_ = directory / ".gitignore", f"{state}/"
    present = path.read_text() if path.exists() else ""
    if line_ in present.split():
        return False
    path.write_text(f"{present}{'' if present.endswith(chr(10)) or not present else chr(10)}{line_}\n")
    return True


def told(session: Session, found: Detected, ignored: bool) -> list[Line]:
    what = f"found {found.what}" if found.what else "what starts the API could not be told"
    lines = [line(("✔ ", Ink.GOOD), f"{session.config} is written: {what}")]
    lines += [line(("  ! ", Ink.WARN), note) for note in found.notes]
    if not found.command:
        lines.append(line(("  ! ", Ink.WARN), "put the command of your API into run.command first"))
    lines += [line(f"  {session.state}/ is added to .gitignore")] if ignored else []
    lines += [line("  next  ", ("verdigris plan", Ink.COMMAND), "    says what a deploy would do")]
    return [*lines, line("        ", ("verdigris deploy", Ink.COMMAND), "  ships it")]
