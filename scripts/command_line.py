"""The page of the command line, read from the commands themselves: what each verb does, its arguments and options."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from typer.main import get_command

from verdigris.cli.verbs import VERBS, app, load

__all__ = ["command_line"]

HEAD = """\
<!-- Written by scripts/make_docs.py from the commands in src/verdigris/cli. Do not edit by hand. -->
# Command line

`verdigris` and one verb. The result goes to stdout, progress to stderr. Exit codes: [exit-codes.md](exit-codes.md).

Global options may stand before the verb or after it:
"""


def command_line() -> str:
    """The whole page."""
    group: Any = get_command(app)
    parts = [HEAD, options(group.params), "\n| | |\n|---|---|"]
    for kind, verbs in groupby(VERBS, key=lambda verb: VERBS[verb][0]):
        names = ", ".join(f"[`{verb}`](#{anchor(verb)})" for verb in verbs)
        parts.append(f"| {kind} | {names} |")
    for verb in VERBS:
        parts += chapter(load(verb), f"verdigris {verb}", 2)
    return "\n".join(parts) + "\n"


def chapter(command: Any, name: str, depth: int) -> Iterator[str]:
    """One verb, and the verbs below it."""
    yield f"\n{'#' * depth} {name}\n"
    yield " ".join((command.help or "").split())
    if arguments := [param for param in command.params if param.param_type_name == "argument"]:
        words = " ".join(
            f"[{param.name.upper()}]" if not param.required else param.name.upper() for param in arguments
        )
        yield f"\n    {name} {words}"
    if shown := options(command.params):
        yield f"\n{shown}"
    for below in getattr(command, "commands", {}).values():
        yield from chapter(below, f"{name} {below.name}", depth + 1)


def options(params: list[Any]) -> str:
    """The options as a table; empty when there are none."""
    rows = [row(param) for param in params if param.name != "help" and not getattr(param, "hidden", False)]
    return "\n".join(["| option | default | what it does |", "|---|---|---|", *rows]) if rows else ""


def row(param: Any) -> str:
    argument = param.param_type_name == "argument"
    name = param.name.upper() if argument else ", ".join([*param.opts, *param.secondary_opts])
    flag = getattr(param, "is_flag", False)
    default = (
        ""
        if flag or argument or param.default in (None, "") or callable(param.default)
        else f"`{param.default}`"
    )
    return f"| `{name}` | {default} | {' '.join((param.help or '').split())} |"


def anchor(verb: str) -> str:
    return f"verdigris-{verb}"
