"""YAML that may be trusted to be small and plain: a file becomes values, and a map from each key to its place.

The text is walked event by event and never composed by PyYAML, whose C composer takes the whole process down on
100 KB of `[`. Anchors, tags and duplicate keys are refused, everything has a bound, and a scalar means what the
YAML 1.2 core schema says: `on` is a word, `012` is twelve. Whatever is wrong is a `ConfigError` with line and column.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from verdigris.config.document import Document, Key, Place, dotted
from verdigris.core.errors import ConfigError

__all__ = ["parse", "read"]

BYTES_MAX = 1024 * 1024
DEPTH_MAX = 32
NODES_MAX = 20_000
DIGITS_MAX = 18

Scalar = str | int | float | bool | None
Loader = type[yaml.SafeLoader] | type[yaml.CSafeLoader]

# libyaml is what the wheels of PyYAML have; a PyYAML built without it reads the same, slower.
LOADER: Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
# What an escape like "\0" may smuggle in, and no command line or variable can carry.
UNPASSABLE = re.compile("[\x00\ud800-\udfff]")
CONSTANTS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)


def read(path: str | os.PathLike[str]) -> Document:
    """Read and parse a file, which may be missing, enormous or no file at all."""
    name = os.fspath(path)
    try:
        # Asked before it is opened: to open a pipe would wait for somebody to write into it.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise ConfigError(f"{name}: is not a file. Name the configuration with --config.")
        with open(path, "rb") as file:
            return parse(file.read(BYTES_MAX + 1), name)
    except FileNotFoundError:
        raise ConfigError(
            f"{name}: there is no such file. Write one with `verdigris init`, or name another with --config."
        ) from None
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or problem
        raise ConfigError(
            f"{name}: cannot be read: {reason}. Name a readable file with --config."
        ) from problem


def parse(data: bytes, name: str = "verdigris.yaml", loader: Loader = LOADER) -> Document:
    """What the bytes say. Raises `ConfigError` and nothing else, whatever they are."""
    text = _decode(data, name)
    builder = _Builder(name)
    try:
        for event in _events(text, loader):
            builder.take(event)
    except yaml.MarkedYAMLError as problem:
        raise _syntax_error(problem, text, name) from None
    except yaml.YAMLError as problem:
        raise ConfigError(f"{name}:1:1: is not YAML: {problem}") from None
    return builder.document()


def _decode(data: bytes, name: str) -> str:
    if len(data) > BYTES_MAX:
        raise ConfigError(f"{name}: is larger than 1 MiB, which no configuration is. Is it the right file?")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        place = _place(data[: problem.start].decode("utf-8-sig", "replace"))
        raise ConfigError(f"{name}:{place}: is not UTF-8. Save the file as UTF-8.") from None
    if found := CONTROL.search(text):
        code = f"U+{ord(found[0]):04X}"
        raise ConfigError(
            f"{name}:{_place(text[: found.start()])}: holds the control character {code}. Delete it."
        )
    return text


def _place(before: str) -> Place:
    lines = re.split("\r\n|[\r\n]", before)
    return Place(len(lines), len(lines[-1]) + 1)


def _events(text: str, loader: Loader) -> Iterator[Any]:
    parser = loader(text)
    try:
        while parser.check_event():
            yield parser.get_event()
    finally:
        parser.dispose()


def _syntax_error(problem: yaml.MarkedYAMLError, text: str, name: str) -> ConfigError:
    mark = problem.problem_mark or problem.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = text.splitlines() or [""]
    # Both parsers point at the tab itself, and neither says that it is one.
    if line < len(lines) and lines[line][column : column + 1] == "\t":
        return ConfigError(f"{name}:{line + 1}:{column + 1}: a tab cannot indent YAML. Use spaces.")
    start = (
        f" ({problem.context} that starts at line {problem.context_mark.line + 1})"
        if problem.context_mark
        else ""
    )
    return ConfigError(f"{name}:{line + 1}:{column + 1}: {problem.problem or 'is not YAML'}{start}")


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come yet, and the key that waits for its value."""

    key: Key
    value: dict[str, object] | list[object]
    waiting: str | None = None


@dataclass(slots=True)
class _Builder:
    """Puts events together, one at a time and without recursion."""

    name: str
    root: object = None
    documents: int = 0
    nodes: int = 0
    stack: list[_Open] = field(default_factory=list)
    places: dict[Key, Place] = field(default_factory=lambda: {(): Place(1, 1)})

    def take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                self._refuse(self.documents > 1, event, "a second document begins here. Keep one to a file.")
            case (
                yaml.ScalarEvent() | yaml.MappingStartEvent() | yaml.SequenceStartEvent() | yaml.AliasEvent()
            ):
                self._check(event)
                self._node(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self.stack.pop()

    def document(self) -> Document:
        return Document(self.name, self.root, self.places)

    def _check(self, event: Any) -> None:
        self.nodes += 1
        anchored = event.anchor is not None
        self._refuse(anchored, event, "anchors and aliases are not read. Write the value where it is meant.")
        self._refuse(event.tag is not None, event, f"the tag {event.tag} is not read. Take it away.")
        self._refuse(
            self.nodes > NODES_MAX,
            event,
            f"holds more than {NODES_MAX:,} values, which no configuration does.",
        )
        self._refuse(len(self.stack) >= DEPTH_MAX, event, f"is nested more than {DEPTH_MAX} deep.")

    def _node(self, event: Any) -> None:
        top = self.stack[-1] if self.stack else None
        if top and isinstance(top.value, dict) and top.waiting is None:
            return self._name(top, top.value, event)
        key = self._key(top, event)
        value: Any
        match event:
            case yaml.MappingStartEvent():
                value = {}
            case yaml.SequenceStartEvent():
                value = []
            case _:
                return self._put(top, self._scalar(event))
        self._put(top, value)
        self.stack.append(_Open(key, value))

    def _name(self, top: _Open, mapping: dict[str, object], event: Any) -> None:
        """The event is the name of a key, whose value comes next."""
        name = self._scalar(event) if isinstance(event, yaml.ScalarEvent) else None
        if not isinstance(name, str):
            raise self._error(event, "the name of a key must be text. Write it in quotes.")
        if name in mapping:
            first = self.places[*top.key, name]
            raise self._error(
                event, f"{dotted((*top.key, name))}: stands here twice, first at line {first.line}."
            )
        self.places[*top.key, name] = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        top.waiting = name

    def _key(self, top: _Open | None, event: Any) -> Key:
        """Where the value of this event belongs."""
        if top is None:
            return ()
        if isinstance(top.value, dict):
            return (*top.key, top.waiting or "")
        key = (*top.key, len(top.value))
        self.places[key] = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        return key

    def _put(self, top: _Open | None, value: object) -> None:
        if top is None:
            self.root = value
        elif isinstance(top.value, list):
            top.value.append(value)
        else:
            top.value[top.waiting or ""] = value
            top.waiting = None

    def _scalar(self, event: Any) -> Scalar:
        """What the YAML 1.2 core schema takes the text for. Infinity and not-a-number stay words."""
        text: str = event.value
        self._refuse(bool(UNPASSABLE.search(text)), event, "holds a NUL or half a character. Delete it.")
        if not event.implicit[0]:
            return text
        if text in CONSTANTS:
            return CONSTANTS[text]
        number = INTEGER.fullmatch(text) or FLOAT.fullmatch(text)
        self._refuse(
            bool(number) and len(text) > DIGITS_MAX, event, "is too long for a number. Write it in quotes."
        )
        if INTEGER.fullmatch(text):
            return int(text) if text.lstrip("+-").isdigit() else int(text, 0)
        self._refuse(
            bool(number) and math.isinf(float(text)), event, "is too large for a number. Write it in quotes."
        )
        return float(text) if number else text

    def _refuse(self, wrong: bool, event: Any, sentence: str) -> None:
        if wrong:
            raise self._error(event, sentence)

    def _error(self, event: Any, sentence: str) -> ConfigError:
        mark = event.start_mark
        return ConfigError(f"{self.name}:{mark.line + 1}:{mark.column + 1}: {sentence}")
