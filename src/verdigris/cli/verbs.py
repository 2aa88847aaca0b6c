"""The verbs, each in a file of its own that is imported when the verb is typed and not before."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from verdigris.cli.options import gather, hoisted

__all__ = ["VERBS", "app"]

SHIP, LOOK, STEER, HOUSE = "Ship", "Look", "Steer", "House"
VERBS = {
    "init": (SHIP, "Write a first verdigris.yaml from what stands in the directory."),
    "plan": (SHIP, "Say what a deploy would do, and what it could not notice."),
    "deploy": (SHIP, "Ship the present source and follow it to its result."),
    "status": (LOOK, "Show where things stand, on one screen."),
    "watch": (LOOK, "The live screen: both slots, the road, what is waited for."),
    "explain": (LOOK, "Say in sentences why it is where it is."),
    "history": (LOOK, "List the deployments and how each ended."),
    "report": (LOOK, "Tell one deployment: timeline, cause, way back."),
    "logs": (LOOK, "Print what the instances said."),
    "judge": (LOOK, "Say from counts whether the candidate is worse."),
    "schema": (LOOK, "Prove that the database serves both versions; see what a migration locks."),
    "preview": (LOOK, "Say how a person sees a slot that nobody is sent to."),
    "promote": (STEER, "Open the gate, or cut a wait short while the verdict is good."),
    "hold": (STEER, "Stand still; traffic still turns back by itself."),
    "resume": (STEER, "Go on after a hold, a stuck phase or a strange router."),
    "abort": (STEER, "End it before any traffic has moved."),
    "rollback": (STEER, "Take traffic back at once, with or without a controller."),
    "drill": (STEER, "Try the way back with a share of the traffic."),
    "pause": (STEER, "Let requests wait at the router."),
    "unpause": (STEER, "Let requests through again."),
    "maintenance": (STEER, "Have the router answer for the app, or end that."),
    "up": (HOUSE, "Run the controller here, or install it with --install."),
    "doctor": (HOUSE, "Look at everything that a deployment needs."),
    "config": (HOUSE, "Show every value that holds; give it to a running deployment."),
    "recover": (HOUSE, "Build a lost store anew from router and keeper."),
    "teardown": (HOUSE, "End one app, or all of it with router and keeper."),
    "docs": (HOUSE, "Print a page of the reference."),
}


class Verbs(TyperGroup):
    """The group of all verbs. The list has their lines from the table; only the one that is typed is imported."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for name, (panel, about) in VERBS.items():
            self.add_command(TyperCommand(name, help=about, rich_help_panel=panel))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(str(name)), rest

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, hoisted(args))


def load(name: str) -> Any:
    """The command of a verb: the function of that name in the module of that name, or its group of commands."""
    module = import_module(f"verdigris.cli.{name}")
    group: typer.Typer | None = getattr(module, "group", None)
    if group is None:
        group = typer.Typer(add_completion=False)
        group.command(name=name)(getattr(module, name))
    command = get_command(group)
    command.name = name
    return command


app = typer.Typer(cls=Verbs, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
app.callback()(gather)
