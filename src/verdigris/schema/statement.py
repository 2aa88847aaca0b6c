"""One statement that a version of the application sends, with the parameters that were seen."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Parameter", "Statement"]

Parameter = str | None
"""A parameter as PostgreSQL reads it in its text format; None is NULL."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`sql` with `$1` where parameters go. Parameters are personal data: they are in no text that is printed.

    `runs` are the sets of parameters that it was seen with, in their order, at most a few; empty where none were seen.
    `types` are names of parameter types where the source declares them, "" where not. `normalised` is whether
    constants were replaced by `$n`, as pg_stat_statements does: such a text may need repair before it can be prepared.
    """

    sql: str
    runs: tuple[tuple[Parameter, ...], ...] = field(default=(), repr=False)
    types: tuple[str, ...] = ()
    normalised: bool = False
    source: str = ""
