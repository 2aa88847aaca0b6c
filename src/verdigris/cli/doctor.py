"""`verdigris doctor`: looks at everything that a deployment needs, and says what to do where it is wrong."""

from __future__ import annotations

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.show.checks import check_lines, checks_document

__all__ = ["doctor"]


def doctor(context: typer.Context) -> None:
    """Look at machine, configuration, state directory, router, keeper and controller. Exit 1 if something is wrong."""
    session = session_of(context)
    checks = session.house.checks()
    code = Exit.GOOD if all(check.passed for check in checks) else Exit.ERROR
    document = {"type": "result", "exit": int(code), "checks": checks_document(checks)}
    session.voice.tell(check_lines(checks, session.voice.width), document)
    raise typer.Exit(code)
