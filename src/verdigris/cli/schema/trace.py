"""`verdigris schema trace`: which locks a migration takes, measured on a shadow. It needs no deployment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.schema.places import base_of, referred, shadowed, teller
from verdigris.core.errors import ConfigError

if TYPE_CHECKING:
    from verdigris.schema.script import Script

__all__ = ["trace"]

HAZARD = "hazard"


def trace(
    context: typer.Context,
    migration: Annotated[
        list[Path],
        typer.Option(
            "--migration", help="A migration as SQL; again for each that follows.", show_default=False
        ),
    ],
    schema: Annotated[
        Path | None, typer.Option("--schema", help="The schema as it is now, of pg_dump --schema-only.")
    ] = None,
    database: Annotated[
        str,
        typer.Option("--database", help="Production, read only, for the sizes of tables: a URL or env:NAME."),
    ] = "",
    shadow: Annotated[
        str, typer.Option("--shadow", help="An empty database elsewhere to try it on: a URL or env:NAME.")
    ] = "",
    fail_on: Annotated[
        str, typer.Option("--fail-on", help="hazard: exit 11 when a statement lets somebody wait for long.")
    ] = "",
) -> None:
    """Measure on a shadow what each statement of a migration locks, rewrites, scans and changes.

    Exit 0 whatever is found, unless --fail-on hazard is given: then 11 when there is a hazard.
    """
    from verdigris.cli.show.trace import document, trace_lines
    from verdigris.schema.shadow.production import look, sizes
    from verdigris.schema.trace.tracing import named
    from verdigris.schema.trace.tracing import trace as traced

    if fail_on not in {"", HAZARD}:
        raise ConfigError(f"--fail-on {fail_on}: there is only --fail-on hazard")
    voice = session_of(context).voice
    url = referred("--database", database)
    if schema is None and not url:
        raise ConfigError(
            "schema trace: name the schema as it is now with --schema FILE, or production with --database URL"
        )
    scripts = [script_of(path) for path in migration]
    production = look(url) if url else None
    text, name = base_of(schema, url, production)
    with shadowed(referred("--shadow", shadow), production, text, teller(voice)) as server:
        found = traced(server, text, name, scripts, named(sizes(url)) if url else None)
    code = Exit.NOT_MOVED if fail_on and any(each.hazards for each in found) else Exit.GOOD
    voice.tell(trace_lines(found, voice.width), document(found) | {"exit": int(code)})
    raise typer.Exit(code)


def script_of(path: Path) -> tuple[Script, tuple[int, ...]]:
    """The migration with its transactions as they are written, and the line that each statement begins in."""
    from verdigris.schema import parsing
    from verdigris.schema.script import Script
    from verdigris.schema.tools.files import refuse_others, text_of
    from verdigris.schema.tools.markers import alone, declared, upward

    text = text_of(path)
    refuse_others(text, path)
    try:
        statements = parsing.split(upward(text, path))
    except ConfigError as error:
        raise ConfigError(str(error) if str(path) in str(error) else f"{path}: {error}") from None
    script = Script(str(path), statements, declared(path.name, text, path), alone(text, path))
    return script, lines_of(text, statements)


def lines_of(text: str, statements: tuple[str, ...]) -> tuple[int, ...]:
    """Where each statement begins, found one behind the other; none when they stand otherwise in the text."""
    lines, at, line = [], 0, 1
    for statement in statements:
        found = text.find(statement, at)
        if found < 0:
            return ()
        line += text.count("\n", at, found)
        lines.append(line)
        line += statement.count("\n")
        at = found + len(statement)
    return tuple(lines)
