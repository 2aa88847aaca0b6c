"""What is typed for both verbs that change a schema by hand, and means the same for both."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["AllowUnproven", "Database", "Hazards", "OfHazards", "OfShapes", "Shadow", "Shapes", "Statements"]


class Shapes(StrEnum):
    """As `schema.shapes` in verdigris.yaml."""

    REFUSED = "refused"
    RECYCLED = "recycled"
    ALLOWED = "allowed"


class Hazards(StrEnum):
    """As `schema.hazards` in verdigris.yaml."""

    REFUSED = "refused"
    ALLOWED = "allowed"


Database = Annotated[
    str,
    typer.Option("--database", help="Production, as its owner: a URL or env:NAME; else verdigris.yaml's."),
]
Statements = Annotated[
    Path | None,
    typer.Option(
        "--statements", help='What the serving version sends besides what was seen: {"sql"} a line.'
    ),
]
Shadow = Annotated[
    str, typer.Option("--shadow", help="An empty database elsewhere to prove it on: a URL or env:NAME.")
]
AllowUnproven = Annotated[bool, typer.Option("--allow-unproven", help="Go on when nothing is disproven.")]
OfShapes = Annotated[
    Shapes | None,
    typer.Option("--shapes", help="Where results get other columns; else verdigris.yaml's schema.shapes."),
]
OfHazards = Annotated[
    Hazards | None,
    typer.Option(
        "--hazards", help="Where writers would wait for long; else verdigris.yaml's schema.hazards."
    ),
]
