"""The kinds of text that a key can hold, each with its check, its unit and its JSON Schema.

A check returns the value as it was written, so that the models stay a picture of the file, or raises a ValueError
whose message is the end of a sentence that begins with the key.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from verdigris.config import units
from verdigris.config.document import dotted, shown

__all__ = [
    "Written",
    "argv",
    "body",
    "duration",
    "grpc",
    "percentage",
    "size",
    "status",
    "statuses",
    "text",
    "webhook",
]

REFERENCE = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:/.+|credential:[A-Za-z0-9_.-]+", re.ASCII)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
STATUS = re.compile(r"([1-5][0-9]{2})(?:-([1-5][0-9]{2}))?", re.ASCII)
DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(ms|d|h|m|s))+$"
SUGGESTED_MAX = 400
PERCENT_PATTERN = r"^[0-9]+(\.[0-9]+)?%$"
SIZE_PATTERN = r"^[0-9]+(\.[0-9]+)? ?([KMG]i?)?B$"


@dataclass(frozen=True, slots=True)
class Written:
    """Marks a key: how its value is checked, and what the reference and the JSON Schema say of it."""

    check: Callable[[Any], Any]
    unit: str = ""
    schema: dict[str, Any] = field(default_factory=lambda: {"type": "string"})

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, _core: Any, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return dict(self.schema)


def duration(least: str, most: str, otherwise: str | None = None) -> Written:
    """A duration within bounds, or the word that stands for having none."""

    def check(value: object) -> object:
        if otherwise is None or value != otherwise:
            _bounded(
                units.seconds(value), units.seconds(least), units.seconds(most), f"{least} to {most}", value
            )
        return value

    return Written(check, f"duration, {least} to {most}", _pattern(DURATION_PATTERN, otherwise))


def percentage(least: str, most: str, whole: bool) -> Written:
    """A percentage within bounds; `whole` where a fraction of a percent has no meaning."""
    read: Callable[[object], float] = units.weight if whole else units.fraction

    def check(value: object) -> object:
        _bounded(read(value), read(least), read(most), f"{least} to {most}", value)
        return value

    kind = "whole percent" if whole else "percent"
    return Written(check, f"{kind}, {least} to {most}", _pattern(PERCENT_PATTERN))


def size(least: str, most: str, otherwise: str) -> Written:
    """An amount of bytes within bounds, or the word that stands for having no limit."""

    def check(value: object) -> object:
        if value != otherwise:
            _bounded(units.size(value), units.size(least), units.size(most), f"{least} to {most}", value)
        return value

    return Written(check, f"size, {least} to {most}", _pattern(SIZE_PATTERN, otherwise))


def text(pattern: str, what: str) -> Written:
    """A text that matches as a whole; `what` says in words what it must be, with an example."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise ValueError(f"must be {what}: write it in quotes")
        if not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"must be {what}, got {shown(value)}")
        return value

    return Written(check, schema=_pattern(f"^({pattern})$"))


def _check_argv(value: object) -> object:
    if isinstance(value, str):
        raise ValueError(f"must be a list, no shell reads it: write {_as_list(value)}")
    if not isinstance(value, list) or not value or not all(isinstance(part, str) for part in value):
        raise ValueError("must be a list of one or more texts: the program, then each argument in quotes")
    if not value[0].strip():
        raise ValueError("must begin with the program to start, got an empty text")
    return value


def _as_list(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    text = json.dumps(words, ensure_ascii=not command.isprintable())
    return text if len(text) <= SUGGESTED_MAX else '["PROGRAM", "ARGUMENT", …]'


argv = Written(_check_argv, "list of texts", {"type": "array", "items": {"type": "string"}, "minItems": 1})


def _check_names(value: object) -> object:
    if not isinstance(value, list) or not all(
        isinstance(name, str) and NAME.fullmatch(name) for name in value
    ):
        raise ValueError("must be a list of names of variables, like [SECRET_KEY]")
    return value


names = Written(
    _check_names,
    "list of names",
    {"type": "array", "items": {"type": "string", "pattern": f"^{NAME.pattern}$"}},
)


def statuses(value: object) -> tuple[tuple[int, int], ...]:
    """Ranges of statuses, both ends included, of 200, "200-299" or a list of these."""
    ranges = []
    for part in value if isinstance(value, list) else [value]:
        found = (
            STATUS.fullmatch(str(part))
            if isinstance(part, str | int) and not isinstance(part, bool)
            else None
        )
        if found is None or int(found[1]) > int(found[2] or found[1]):
            raise ValueError(
                f'must be a status like 200, a range like "200-299" or a list of these, got {shown(part)}'
            )
        ranges.append((int(found[1]), int(found[2] or found[1])))
    if not ranges:
        raise ValueError("must name at least one status, like 200")
    return tuple(ranges)


def _check_status(value: object) -> object:
    statuses(value)
    return value


_ONE_STATUS = {
    "anyOf": [
        {"type": "integer", "minimum": 100, "maximum": 599},
        {"type": "string", "pattern": STATUS.pattern},
    ]
}
status = Written(
    _check_status,
    "status or range",
    {"anyOf": [*_ONE_STATUS["anyOf"], {"type": "array", "items": _ONE_STATUS}]},
)


def _check_body(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping like {{status: healthy}}, got {shown(value)}")
    for name, expected in value.items():
        if isinstance(expected, list):
            raise ValueError(
                f"can compare texts, numbers, true and false, but {dotted((name,))} is a list: leave it out"
            )
        if isinstance(expected, dict):
            _check_body(expected)
    return value


body = Written(_check_body, "part of a JSON document", {"type": "object"})


SERVICE = r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,126}"


def _check_grpc(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, str) and re.fullmatch(SERVICE, value, re.ASCII)):
        return value
    raise ValueError(f"must be true, false or the name of a service like shop.v1.Orders, got {shown(value)}")


grpc = Written(
    _check_grpc,
    "true, false or a service",
    {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": f"^{SERVICE}$"}]},
)


def _check_webhook(value: object) -> object:
    """No value is ever shown: it may be what must not be seen."""
    if not isinstance(value, str):
        raise ValueError('must be "env:NAME", "file:/path" or an https URL, in quotes')
    if value == "none" or REFERENCE.fullmatch(value):
        return value
    url = _split(value)
    if url is None or url.scheme != "https" or not url.hostname:
        raise ValueError('must be "env:NAME", "file:/path", "credential:NAME" or an https URL')
    if url.username or url.password or url.query or url.fragment or any(map(_random, url.path.split("/"))):
        raise ValueError("seems to hold a secret: put the URL into a variable and write env:NAME")
    return value


def _split(url: str) -> Any:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _random(segment: str) -> bool:
    """Whether a part of a path looks drawn by lot, as in the webhook URLs of chat services."""
    return len(segment) >= 16 and any(c.isdigit() for c in segment) and any(c.isalpha() for c in segment)


webhook = Written(_check_webhook, "reference or https URL")


def _bounded(amount: float, least: float, most: float, bounds: str, written: object) -> None:
    if not least <= amount <= most:
        raise ValueError(f"must be {bounds}, got {written}")


def _pattern(pattern: str, otherwise: str | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "pattern": pattern}
    return {"anyOf": [{"const": otherwise}, schema]} if otherwise else schema
