"""`verdigris plan`: what a deploy would do now, and what it could not notice. It changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.schema.foreseeing import foreseen
from verdigris.cli.schema.turn import proving
from verdigris.cli.show.checks import check_lines, checks_document
from verdigris.cli.show.foreseen import Foreseen
from verdigris.cli.show.noticing import traffic_of
from verdigris.cli.show.plan import plan_lines, planned
from verdigris.core.world import Check

__all__ = ["plan"]


def plan(
    context: typer.Context,
    prove: Annotated[
        bool,
        typer.Option(
            "--prove/--no-prove",
            help="Try the migrations of the working tree on a shadow, where there are any.",
        ),
    ] = True,
) -> None:
    """Say what a deploy would do: slots, steps, times, what it gives up and cannot notice, and the checklist.

    Where verdigris moves the schema, its steps are tried on a shadow as preflight would. Exit 11 if they are refused.
    """
    session = session_of(context)
    desk, voice = session.house.desk(), session.voice
    newest = desk.newest(session.name) if desk.ready() else None
    seen = traffic_of(session.snapshot())
    of = newest.deployment if newest else None
    schema = foreseen(session, of, proving(voice)) if prove else None
    drawn = planned(session.house.settings, of, seen, schema)
    checks = session.house.checks()
    lines = [*plan_lines(drawn, voice.width), (), *check_lines(checks, voice.width)]
    code = exit_of(checks, schema)
    document = {"type": "result", "exit": int(code), **asdict(drawn), "checks": checks_document(checks)}
    voice.tell(lines, document)
    raise typer.Exit(code)


def exit_of(checks: Sequence[Check], schema: Foreseen | None) -> Exit:
    """The checklist first: without it nothing would be tried."""
    if not all(check.passed for check in checks):
        return Exit.ERROR
    return Exit.NOT_MOVED if schema and schema.refused else Exit.GOOD
