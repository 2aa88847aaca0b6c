"""The keys of the database: which tool moves its schema, as whom, and what a release is proven against.

The model is one mapping of verdigris.yaml and holds what the file says, as it says it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Annotated, Any, Literal

from verdigris.config import fields as f
from verdigris.config.document import Complaint
from verdigris.config.section import Section, key
from verdigris.config.signals import program, reference

__all__ = ["Schema", "check_schema"]


def _check_shadow(value: object) -> object:
    if value == "embedded" or (isinstance(value, str) and f.REFERENCE.fullmatch(value)):
        return value
    raise ValueError(
        'must be embedded, or a reference to a URL: "env:NAME", "file:/path" or "credential:NAME"'
    )


# Not called what the key is: its default would be taken for its kind.
somewhere = f.Written(_check_shadow, "embedded or a reference")


class Schema(Section):
    """How the database comes along: expanded before the new release starts, contracted when the old one is gone.

    Each step is proven on a shadow first, with the statements that both releases send.
    """

    tool: Literal["none", "files", "alembic", "django"] = key(
        "none",
        "What moves the schema: SQL files that we run, or the tool of the application, which runs itself.",
    )
    directory: Annotated[str, f.text(r"\S(.*\S)?", "a path in the release")] = key(
        "migrations", "Where SQL files are, in the release."
    )
    command: Annotated[Any, program] = key(
        "none",
        'How the tool is started in the release: `[".venv/bin/alembic"]`, `[".venv/bin/python", "manage.py"]`.',
    )
    database: Annotated[str, reference] = key(
        "none",
        "Where the URL of production is, as somebody who may change its schema: `env:NAME`, `file:/path`.",
    )
    url_env: Annotated[str, f.text(r"[A-Za-z_][A-Za-z0-9_]*", "the name of a variable")] = key(
        "DATABASE_URL", "The variable in which the tool looks for that URL."
    )
    env: Annotated[list[str], f.names] = key(
        [],
        "What of `run.env` the tool gets besides, by name: `[SECRET_KEY]`. It is run on the shadow as well, so nothing "
        "that leads to another database.",
    )
    role: Annotated[str, f.text(r"\S{1,63}", "none or the name of a role")] = key(
        "none",
        "The database role of the application. Each slot has one of its own, by its name and `_blue` or `_green`, so "
        "that it is seen who sends what, and that nobody of the old slot is left. Without one nothing is contracted.",
    )
    shadow: Annotated[str, somewhere] = key(
        "embedded",
        "Where the proof is made: a server of our own for a moment, or an empty one of yours by its URL.",
    )
    statements: Annotated[str, f.text(r"\S(.*\S)?", "none or a path in the release")] = key(
        "none",
        "Statements that the release says it sends: JSON lines, an SQL file, or a directory of sqlc or sqlx. They "
        "count beside those that were seen.",
    )
    unproven: Literal["refuse", "pass"] = key(
        "refuse", "What becomes of a release of whose statements too little could be seen."
    )
    shapes: Literal["refused", "recycled", "allowed"] = key(
        "refused",
        "What becomes of a release that gives a statement of what serves other result columns, of which one that was "
        "prepared on the server fails. `recycled` ends the sessions of the slot that serves right after each "
        "step: for pools that check a connection before they lend it. `allowed` is for drivers that prepare nothing.",
    )
    hazards: Literal["refused", "allowed"] = key(
        "refused",
        "What becomes of a release of which an expand step keeps writers out of a large table for as long as it is "
        "read or written from end to end.",
    )


def check_schema(schema: Schema, variables: Container[str]) -> Iterator[Complaint]:
    """What the keys of this section have to do with each other, and with the variables of the application."""
    if schema.tool == "none":
        return
    for number, name in enumerate(schema.env):
        if name not in variables:
            sentence = (
                f"{name} is no variable of run.env: only what the application gets can be given to its tool"
            )
            yield Complaint(("schema", "env", number), sentence)
    if schema.database == "none":
        yield Complaint(
            ("schema", "database"), f"is none, and {schema.tool} needs to know where production is"
        )
    if schema.shapes == "recycled" and schema.role == "none":
        sentence = (
            "is none, and schema.shapes: recycled ends the sessions of the role of the slot that serves"
        )
        yield Complaint(("schema", "role"), sentence)
    if schema.tool in ("alembic", "django") and schema.command == "none":
        program = "alembic" if schema.tool == "alembic" else "manage.py"
        sentence = f"is none, and {schema.tool} is started by it: write how {program} is run in the release"
        yield Complaint(("schema", "command"), sentence)
    if schema.tool == "files" and schema.command != "none":
        yield Complaint(
            ("schema", "command"), "is set, and SQL files are run by us: take one of the two away"
        )
