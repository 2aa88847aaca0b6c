"""`verdigris schema …`: proof and trace for anyone's CI, both steps by hand and the way back, and what stands where."""

from __future__ import annotations

import typer

from verdigris.cli.schema.check import Check, check
from verdigris.cli.schema.contract import contract
from verdigris.cli.schema.expand import expand
from verdigris.cli.schema.record import record
from verdigris.cli.schema.restore import restore
from verdigris.cli.schema.role import role
from verdigris.cli.schema.status import status
from verdigris.cli.schema.trace import trace

__all__ = ["group"]

group = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Prove that the database serves both versions, and see which locks a migration takes.",
)


@group.callback()
def schema() -> None:
    """Prove that the database serves both versions, and see which locks a migration takes."""


group.command(cls=Check)(check)
group.command()(trace)
group.command()(expand)
group.command()(contract)
group.command()(restore)
group.command()(record)
group.command()(role)
group.command()(status)
