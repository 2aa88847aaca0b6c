"""All keys of verdigris.yaml as one list, read from the models: for the reference, the example and "did you mean".

Nothing here is written by hand, so nothing here can differ from what the loader takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from inspect import cleandoc
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from verdigris.config.document import Key
from verdigris.config.fields import Written
from verdigris.config.models import App, Section

__all__ = ["Entry", "entries", "inner", "model_at", "names"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key. `name` is the whole of it, `[]` standing for the entries of a list; `section`: it holds further keys."""

    name: str
    about: str
    unit: str
    default: Any
    required: bool
    section: bool


@cache
def entries() -> tuple[Entry, ...]:
    """Every key of one app, in the order of the reference."""
    return tuple(_entries(App, ""))


def names(model: type[Section]) -> list[str]:
    """The names of the keys of one section, as the file spells them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def inner(annotation: Any) -> type[Section] | None:
    """The section that a key holds, one of them or a list or mapping of them."""
    for candidate in (annotation, *get_args(annotation)[-1:]):
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return candidate
    return None


def model_at(root: type[Section], key: Key) -> type[Section] | None:
    """The section that stands at a key of a document."""
    model: type[Section] | None = root
    for part in key:
        if model is None:
            return None
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in fields:
            model = inner(fields[str(part)].annotation)
        # What is no field is an entry of the list or mapping that was just stepped into.
    return model


def _entries(model: type[Section], before: str) -> Iterator[Entry]:
    # An app's name comes first in a file, while a model's own fields come after those it inherits.
    for name, field in sorted(model.model_fields.items(), key=lambda item: item[0] != "app"):
        whole = f"{before}{field.alias or name}"
        section = inner(field.annotation)
        listed = get_origin(field.annotation) is list
        about = field.description or cleandoc((section.__doc__ if section else "") or "")
        yield Entry(
            whole, about, _unit(field), field.default, field.is_required(), section is not None and not listed
        )
        if section:
            yield from _entries(section, f"{whole}{'[]' if listed else ''}.")


def _unit(field: FieldInfo) -> str:
    written = next((mark for mark in field.metadata if isinstance(mark, Written)), None)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    if get_origin(field.annotation) is Literal:
        return " or ".join(get_args(field.annotation))
    if field.annotation is bool:
        return "true or false"
    return str(extra.get("unit") or (written and written.unit) or ("" if inner(field.annotation) else "text"))
