"""`verdigris plan`: what a deploy would do now, and what it could not notice. It changes nothing."""

from __future__ import annotations

from dataclasses import asdict

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.show.checks import check_lines, checks_document
from verdigris.cli.show.plan import plan_lines, planned, traffic_of

__all__ = ["plan"]


def plan(context: typer.Context) -> None:
    """Say what a deploy would do: slots, steps, times, what it gives up and cannot notice, and the checklist."""
    session = session_of(context)
    desk, voice = session.house.desk(), session.voice
    newest = desk.newest(session.name) if desk.ready() else None
    seen = traffic_of(session.snapshot())
    drawn = planned(session.house.settings, newest.deployment if newest else None, seen)
    checks = session.house.checks()
    lines = [*plan_lines(drawn, voice.width), (), *check_lines(checks, voice.width)]
    code = Exit.GOOD if all(check.passed for check in checks) else Exit.ERROR
    document = {"type": "result", "exit": int(code), **asdict(drawn), "checks": checks_document(checks)}
    voice.tell(lines, document)
    raise typer.Exit(code)
