"""`verdigris docs`: the reference by topic, straight from what it is a reference of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from verdigris.cli.exits import MEANINGS as CODES
from verdigris.cli.options import session_of
from verdigris.cli.show.meanings import MEANINGS
from verdigris.core.errors import ConfigError
from verdigris.core.lifecycle import BACKWARD, FORWARD

__all__ = ["TOPICS", "docs"]


def docs(
    context: typer.Context,
    topic: Annotated[
        str, typer.Argument(help="example, configuration, a section like bake, phases, exit-codes.")
    ] = "",
) -> None:
    """Print a page of the reference: the commented example, the configuration or a section, phases, exit codes."""
    session = session_of(context)
    text = page(topic) if topic else listing()
    if session.voice.as_json:
        session.voice.object({"type": "result", "exit": 0, "topic": topic, "text": text})
    else:
        print(text.rstrip(), file=session.voice.out)


def page(topic: str) -> str:
    """The text of a topic, or of the section of the configuration with that name."""
    if topic in TOPICS:
        return TOPICS[topic][1]()
    found = section(topic)
    if not found:
        raise ConfigError(
            f"docs {topic}: there is no such topic. There are {', '.join((*TOPICS, *sections()))}"
        )
    return found


def listing() -> str:
    width = max(map(len, TOPICS))
    lines = [f"{name.ljust(width)}  {about}" for name, (about, _) in TOPICS.items()]
    return "\n".join([*lines, f"{'a section'.ljust(width)}  of verdigris.yaml: {', '.join(sections())}"])


def example() -> str:
    from verdigris.config.reference import example_text

    return example_text()


def configuration() -> str:
    from verdigris.config.reference import reference_text

    return reference_text()


def schema() -> str:
    from verdigris.config.reference import schema_text

    return schema_text()


def phases() -> str:
    """The life cycle from the phase table, in the words of the screens."""
    names = {
        "version": "the release",
        "previous": "the previous release",
        "slot": "its slot",
        "live": "the old slot",
    }
    rows = {True: [f"{r.name.ljust(13)} {MEANINGS[r.name].format(**names)}" for r in FORWARD]}
    rows[False] = [f"{r.name.ljust(13)} {MEANINGS[r.name].format(**names)}" for r in BACKWARD]
    return "\n".join(
        [
            "Forward, in this order:",
            *rows[True],
            "",
            "Back, and where nothing goes on by itself:",
            *rows[False],
        ]
    )


def exit_codes() -> str:
    return "\n".join(f"{int(code):>3}  {words}" for code, words in CODES.items())


def sections() -> list[str]:
    from verdigris.config.catalogue import entries

    return [entry.name for entry in entries() if entry.section and "." not in entry.name]


def section(name: str) -> str:
    """The keys of one section with default, unit and meaning."""
    from verdigris.config.catalogue import entries

    found = [e for e in entries() if e.name == name or e.name.startswith(f"{name}.")]
    return "\n".join(
        f"{e.name}: {'' if e.section else 'required' if e.required else e.default}\n    {e.about}"
        + (f" ({e.unit})" if e.unit else "")
        for e in found
    )


TOPICS: dict[str, tuple[str, Callable[[], str]]] = {
    "example": ("verdigris.yaml with every key, its default and what it is", example),
    "configuration": ("the same as a reference, in Markdown", configuration),
    "schema": ("the JSON Schema of verdigris.yaml", schema),
    "phases": ("the life of a deployment", phases),
    "exit-codes": ("what the exit codes mean", exit_codes),
}
