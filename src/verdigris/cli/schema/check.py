"""`verdigris schema check`: whether the database serves both versions, proven on a shadow. It needs no deployment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from verdigris.cli.exits import Exit
from verdigris.cli.options import session_of
from verdigris.cli.schema.places import base_of, referred, role_of, shadowed, teller
from verdigris.cli.show.proof import document, proof_lines
from verdigris.core.errors import ConfigError
from verdigris.schema.finding import Outcome

if TYPE_CHECKING:
    from verdigris.schema.catalog.labelling import Labelled
    from verdigris.schema.proof.gate import Answer
    from verdigris.schema.sources.recording import Recording
    from verdigris.schema.statement import Statement

__all__ = ["Check", "check"]

SEVERAL = ("--migration", "--contract")
DECLARE = "Declare it so, or move these statements into a file of their own."


class Check(TyperCommand):
    """Takes several files behind one `--migration` or `--contract`, as a shell writes `*.sql`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, repeated(args))


def repeated(arguments: Sequence[str]) -> list[str]:
    """The same with the option before each of its files."""
    found: list[str] = []
    option = ""
    for word in arguments:
        if word.startswith("-"):
            option = word if word in SEVERAL else ""
        elif option and found[-1] != option:
            found.append(option)
        found.append(word)
    return found


def check(
    context: typer.Context,
    migration: Annotated[
        list[Path],
        typer.Option("--migration", help="A file of the expand step; again for each.", show_default=False),
    ],
    statements: Annotated[
        Path, typer.Option("--statements", help='What the serving version sends, {"sql", "params"} a line.')
    ],
    schema: Annotated[
        Path | None, typer.Option("--schema", help="The schema as it is now, of pg_dump --schema-only.")
    ] = None,
    contract: Annotated[
        list[Path] | None, typer.Option("--contract", help="A file of the contract step; again for each.")
    ] = None,
    next_statements: Annotated[
        Path | None, typer.Option("--next-statements", help="What the next version sends.")
    ] = None,
    database: Annotated[
        str, typer.Option("--database", help="Production, read only, for the schema: a URL or env:NAME.")
    ] = "",
    shadow: Annotated[
        str, typer.Option("--shadow", help="An empty database elsewhere to try it on: a URL or env:NAME.")
    ] = "",
    role: Annotated[str, typer.Option("--role", help="Whom the application is in the database.")] = "",
    dialect: Annotated[
        str, typer.Option("--dialect", help="What database it is: postgres, sqlite or mariadb.")
    ] = "postgres",
    allow_unproven: Annotated[
        bool, typer.Option("--allow-unproven", help="Exit 0 when nothing is disproven.")
    ] = False,
) -> None:
    """Prove on a shadow that the statements of both versions work on the schemas that they will meet.

    Exit 0 when all is proven, 11 when something is disproven or unproven.
    """
    voice = session_of(context).voice
    answer = (
        asked(
            schema,
            migration,
            contract or [],
            statements,
            next_statements,
            database,
            shadow,
            role,
            teller(voice),
        )
        if dialect == "postgres"
        else elsewhere(
            dialect, schema, migration, contract or [], statements, next_statements, database or role, shadow
        )
    )
    outcome = answer.proof.outcome
    if answer.disagreeing and outcome is not Outcome.DISPROVEN:
        raise ConfigError(mislabelled(answer.disagreeing[0]))
    good = outcome is Outcome.PROVEN or (allow_unproven and outcome is Outcome.UNPROVEN)
    code = Exit.GOOD if good else Exit.NOT_MOVED
    voice.tell(proof_lines(answer, voice.width), document(answer) | {"exit": int(code)})
    raise typer.Exit(code)


def mislabelled(found: Labelled) -> str:
    """That a migration is not what its name says, and why."""
    because = "; ".join(str(change) for change in found.changes if change.kind is not found.script.declared)
    split = " ".join(found.split())
    return (
        f"{found.script.name}: is declared {found.script.declared}, and what it does is {found.kind}: {because}. "
        f"{split or DECLARE}"
    )


def asked(
    schema: Path | None, migration: list[Path], contract: list[Path], statements: Path, next_statements: Path | None,
    database: str, shadow: str, role: str, tell: Callable[[str], None],
) -> Answer:  # fmt: skip
    """Read everything, find a shadow, and ask."""
    from verdigris.schema.proof.gate import Question, answered
    from verdigris.schema.shadow.production import look
    from verdigris.schema.sources.declared import read as read_statements
    from verdigris.schema.tools.files import read as read_script

    url = referred("--database", database)
    if schema is None and not url:
        raise ConfigError(
            "schema check: name the schema as it is now with --schema FILE, or production with --database URL"
        )
    old = dollars(read_statements(statements))
    new = dollars(read_statements(next_statements)) if next_statements else None
    expand, contracting = (tuple(map(read_script, files)) for files in (migration, contract))
    production = look(url) if url else None
    text, name = base_of(schema, url, production)
    question = Question(text, name, expand, old, new, contracting, role_of(role, url))
    with shadowed(referred("--shadow", shadow), production, text, tell) as server:
        return answered(server, question, tell)


def dollars(recording: Recording) -> Recording:
    """The recording with PostgreSQL's own placeholders, where those of a driver account for the parameters exactly."""
    return replace(recording, statements=tuple(map(numbered_as_seen, recording.statements)))


def numbered_as_seen(statement: Statement) -> Statement:
    from verdigris.schema.proof.literals import placeholders
    from verdigris.schema.sources.placeholders import Style, numbered

    if not any(statement.runs) or placeholders(statement.sql):
        return statement
    for style in (Style.FORMAT, Style.QUESTION, Style.COLON):
        sql, names = numbered(statement.sql, style)
        if {len(names)} == set(map(len, statement.runs)):
            return replace(statement, sql=sql)
    return statement


def elsewhere(
    dialect: str, schema: Path | None, migration: list[Path], contract: list[Path], statements: Path,
    next_statements: Path | None, of_postgres: str, shadow: str,
) -> Answer:  # fmt: skip
    """The same question for a database that is no PostgreSQL: files only, and by fewer layers."""
    from verdigris.schema.dialects.gate import proven
    from verdigris.schema.proof.gate import Answer, sent
    from verdigris.schema.sources.lines import read

    if schema is None or of_postgres:
        raise ConfigError(
            f"schema check --dialect {dialect}: name the schema as it is now with --schema FILE; "
            "--database and --role are for PostgreSQL"
        )
    new = sent(read(next_statements)) if next_statements else None
    old = sent(read(statements))
    return Answer(proven(dialect, schema, migration, contract, old, new, referred("--shadow", shadow)))
