"""`verdigris config`: every value that holds and its origin; and giving a running deployment the new policy."""

from __future__ import annotations

from typing import Annotated

import typer

from verdigris.cli.options import session_of
from verdigris.cli.session import Session
from verdigris.cli.show.ink import Ink, line
from verdigris.config import Change, difference, resolved
from verdigris.core.errors import Refused
from verdigris.core.lifecycle import ENDINGS
from verdigris.ports import Saved

__all__ = ["group"]

group = typer.Typer(
    help="Show the configuration that holds, or give it to the running deployment.",
    invoke_without_command=True,
    add_completion=False,
)


@group.callback()
def config(context: typer.Context) -> None:
    """Show the configuration that holds, or give it to the running deployment."""
    if context.invoked_subcommand is None:
        show(context)


@group.command()
def show(context: typer.Context) -> None:
    """Every key with its value and whether the file says so or nobody does."""
    session = session_of(context)
    rows = resolved(session.house.settings)
    longest = max(len(row.key) for row in rows)
    inks = {"default": Ink.DIM}
    lines = [
        line(
            f"{row.key.ljust(longest)}  ",
            (row.origin.ljust(9), Ink.DIM),
            (row.value, inks.get(row.origin, Ink.BOLD)),
        )
        for row in rows
    ]
    keys = {row.key: {"value": row.value, "origin": row.origin} for row in rows}
    session.voice.tell(lines, {"type": "result", "exit": 0, "keys": keys})


@group.command()
def apply(
    context: typer.Context,
    now: Annotated[
        bool, typer.Option("--now", help="Replace the policy; without it the difference is only shown.")
    ] = False,
) -> None:
    """Show how the file differs from the running deployment's policy, and replace that with --now."""
    session = session_of(context)
    saved = running(session)
    changes = difference(saved.policy, session.house.settings.policy)
    if changes and now:
        session.house.apply_policy(session.house.settings.policy, session.actor)
    told(session, saved, changes, now)


def running(session: Session) -> Saved:
    saved = session.house.desk().newest(session.name)
    if saved is None or saved.deployment.phase in ENDINGS - {"stuck"}:
        raise Refused("no deployment is running: the next one takes the file as it is. See `verdigris plan`")
    return saved


def told(session: Session, saved: Saved, changes: tuple[Change, ...], now: bool) -> None:
    name = saved.deployment.id
    lines = [line(f"{c.key}: ", (c.old, Ink.BAD), " → ", (c.new, Ink.GOOD)) for c in changes]
    if not changes:
        sentence = f"{name} has the policy of the file already"
    elif now:
        sentence = f"{name} is given this policy from its next look on"
    else:
        sentence = (
            f"{name} keeps the policy that it began with. Give it this one: verdigris config apply --now"
        )
    document = {
        "type": "result",
        "exit": 0,
        "deployment": name,
        "applied": bool(changes) and now,
        "sentence": sentence,
    }
    document |= {"changes": [{"key": c.key, "old": c.old, "new": c.new} for c in changes]}
    session.voice.tell([*lines, line(sentence)], document)
