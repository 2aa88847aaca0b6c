"""The verbs and where each one lives: a file is imported when its verb is typed, or when all of them are listed."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from verdigris.cli.options import gather, hoisted

__all__ = ["VERBS", "app"]

SHIP, LOOK, STEER, HOUSE = "Ship", "Look", "Steer", "House"
VERBS = {
    "init": SHIP,
    "plan": SHIP,
    "deploy": SHIP,
    "status": LOOK,
    "watch": LOOK,
    "explain": LOOK,
    "history": LOOK,
    "report": LOOK,
    "logs": LOOK,
    "promote": STEER,
    "hold": STEER,
    "resume": STEER,
    "abort": STEER,
    "rollback": STEER,
    "up": HOUSE,
    "doctor": HOUSE,
    "config": HOUSE,
    "recover": HOUSE,
    "teardown": HOUSE,
    "docs": HOUSE,
}


class Verbs(TyperGroup):
    """The group of all verbs, each loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return load(cmd_name) if cmd_name in VERBS else None

    def parse_args(self, ctx: Any, args: Sequence[str]) -> list[str]:
        return super().parse_args(ctx, hoisted(args))


def load(name: str) -> Any:
    """The command of a verb: the function of that name in the module of that name, or a group where there is one."""
    module = import_module(f"verdigris.cli.{name}")
    group: typer.Typer = getattr(module, "group", None) or typer.Typer(add_completion=False)
    if not hasattr(module, "group"):
        group.command(name=name, rich_help_panel=VERBS[name])(getattr(module, name))
    command = get_command(group)
    command.name = name
    return command


app = typer.Typer(cls=Verbs, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.callback()(gather)
