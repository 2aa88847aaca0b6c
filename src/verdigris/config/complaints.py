"""What pydantic found wrong, in our words: the key, what it must be, what it is, and what was probably meant.

Values of texts are not repeated except by the checks that know them to be harmless: they may hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from verdigris.config.catalogue import entries, model_at, names
from verdigris.config.document import Complaint, Key, shown
from verdigris.config.models import Apps, Section

__all__ = ["complaints"]


def complaints(error: ValidationError, root: type[Section]) -> Iterator[Complaint]:
    """Everything that is wrong with a document that should have been a `root`."""
    for details in error.errors(include_url=False):
        # Pydantic marks the name of an entry, as opposed to its value, by one more part.
        key = tuple(part for part in details["loc"] if part != "[key]")
        yield Complaint(key, _sentence(details, key, root))


def _sentence(details: ErrorDetails, key: Key, root: type[Section]) -> str:
    context, value = details.get("ctx", {}), details["input"]
    match details["type"]:
        case "extra_forbidden":
            return _unknown(str(key[-1]), model_at(root, key[:-1]) or root)
        case "missing":
            return f"is missing. {_about(key, root)}"
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return _choice(re.findall(r"'([^']*)'", context["expected"]), value)
        case "greater_than_equal":
            return f"must be at least {context['ge']}, got {value}"
        case "less_than_equal":
            return f"must be at most {context['le']}, got {value}"
        case "too_short":
            return "must not be empty"
        case "too_long":
            return f"must have at most {context['max_length']} entries"
        case kind:
            return f"{KINDS.get(kind, details['msg'])}, got {shown(value)}" if kind != "string_type" else TEXT


TEXT = "must be text: write it in quotes"
MAPPING = "must be a mapping of keys"
KINDS = {
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "list_type": "must be a list",
    "dict_type": MAPPING,
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
}


def _unknown(name: str, model: type[Section]) -> str:
    if model is Apps:
        return "stands beside apps: write it under each app that it is for"
    known = names(model)
    if elsewhere := [entry.name for entry in entries() if entry.name.rpartition(".")[2] == name != "app"]:
        return f"unknown key here, did you mean {elsewhere[0]}?"
    if close := get_close_matches(name, known, 1):
        return f"unknown key, did you mean {close[0]}?"
    return f"unknown key. Known here: {', '.join(known)}"


def _choice(choices: list[str], value: object) -> str:
    close = get_close_matches(value, choices, 1) if isinstance(value, str) else []
    meant = f", did you mean {close[0]}?" if close else ""
    return f"must be {' or '.join(choices)}, got {shown(value)}{meant}"


def _about(key: Key, root: type[Section]) -> str:
    model = model_at(root, key[:-1])
    fields = {field.alias or name: field for name, field in model.model_fields.items()} if model else {}
    return fields[str(key[-1])].description or "" if str(key[-1]) in fields else ""
