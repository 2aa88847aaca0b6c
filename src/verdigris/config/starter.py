"""The verdigris.yaml that `verdigris init` writes: short, with what was found in the directory and a reason per choice.

What could not be told stands in it as a placeholder that the loader refuses, so that nobody deploys a guess.
"""

from __future__ import annotations

import json

from verdigris.config.detect import Detected

__all__ = ["PLACEHOLDER", "init_text"]

PLACEHOLDER = "<the program that serves your API>"
"""Stands where the command could not be told; `checks` refuses it."""


def init_text(app: str, found: Detected, schema: str | None = None) -> str:
    """The file's text. `schema` is where an editor finds the JSON Schema."""
    head = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines = [
        *head,
        "# What is not here has a default: `verdigris config` shows every key with its value.",
        f"app: {app}",
        "run:",
        *_run(found),
        'route: {listen: "127.0.0.1:8080"}  # where requests come in',
        *_health(found),
        "cutover:",
        "  # One request in ten meets a new release first, so that a bad one is found while it hurts few.",
        "  ramp: [10%, 50%, 95%]",
        "  drain: 300s",
        "bake:",
        "  for: 15m",
        "  # The control: one request in twenty stays on the old release, else a slow hour looks like a slow release.",
        "  holdback: 5%",
        "stabilize: 24h  # the old release stays hot this long, so that going back takes no start",
    ]
    return "\n".join(lines) + "\n"


def _run(found: Detected) -> list[str]:
    build = ["  build:", *(f"    - {_list(command)}" for command in found.build)] if found.build else []
    if not found.command:
        return [
            *build,
            "  # This directory does not tell what starts the API: put its command here, with {port} where it listens.",
            f"  command: {_list((PLACEHOLDER, '--port', '{port}'))}",
        ]
    variables = ", ".join(f"{name}: {json.dumps(value)}" for name, value in found.env)
    return [
        f"  # Found: {_comment(found.what)}.",
        *(f"  # {_comment(note)}" for note in found.notes),
        *build,
        f"  command: {_list(found.command)}",
        "  instances: 2",
        f'  env: {{{variables}}}  # all that it gets; secrets by reference: DATABASE_URL: "env:DATABASE_URL"',
    ]


def _health(found: Detected) -> list[str]:
    if found.health:
        return [f"health: {{path: {json.dumps(found.health)}}}"]
    return [
        "health: {path: /health}  # not seen in the source: it has to say whether an instance and all it needs are well"
    ]


def _list(command: tuple[str, ...]) -> str:
    # JSON is YAML; what is not ASCII stays readable.
    return json.dumps(list(command), ensure_ascii=False)


def _comment(text: str) -> str:
    """On one line, whatever a file is called."""
    return "".join(character if character.isprintable() else "?" for character in text)
