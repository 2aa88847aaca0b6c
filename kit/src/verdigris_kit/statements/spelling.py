"""`%s` and `%(name)s` as PostgreSQL's own `$1`, as psycopg and psycopg2 read them: in whatever they stand."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["dollars"]

_HOLES = re.compile(r"%(?:(%)|\(([^()]+)\)[sbt]|[sbt])")


def dollars(sql: str, parameters: Any) -> "tuple[str, Sequence[Any]]":
    """The text and its parameters in the order of their numbers; a name that is there twice is one parameter.

    Without parameters (`None`) nothing is read as a placeholder, as drivers do.
    """
    if parameters is None:
        return sql, ()
    named = isinstance(parameters, Mapping)
    names: dict[str, int] = {}
    count = 0

    def instead(found: "re.Match[str]") -> str:
        nonlocal count
        if found.group(1):
            return "%"
        if named:
            return f"${names.setdefault(found.group(2), len(names) + 1)}"
        count += 1
        return f"${count}"

    text = _HOLES.sub(instead, sql)
    return text, [parameters[name] for name in names] if named else list(parameters)
