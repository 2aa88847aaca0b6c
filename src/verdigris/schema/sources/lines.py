"""Statements in a file, one JSON object a line: `{"sql": "SELECT … $1", "params": [7]}`.

Read strictly: what is misunderstood here would be proven wrongly. A complaint has the file and the line, and never a
parameter.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from verdigris.core.errors import ConfigError
from verdigris.core.words import shown
from verdigris.schema.sources.recording import Full, Recorder, Recording
from verdigris.schema.sources.values import Number, parameter, possible

__all__ = ["LINE_MOST", "read"]

LINE_MOST = 4 * 2**20
"""Bytes of a line."""
LINES_MOST = 1_000_000
"""Of a file, the empty ones among them."""
PARAMETERS_MOST = 65_535
"""As many as the protocol can carry."""
NAME_MOST = 200
"""Characters of a type's name and of a connection's."""
KEYS = ("sql", "params", "types", "connection", "hashed")
BOM = b"\xef\xbb\xbf"
EXAMPLE = '{"sql": "SELECT name FROM users WHERE id = $1", "params": [7]}'


def read(path: Path) -> Recording:
    """What the file holds, in its order. ConfigError says in which line what is wrong."""
    recorder = Recorder(source=path.name)
    try:
        with path.open("rb") as stream:
            for number, line in lines(stream, path):
                take(recorder, line, f"{shown(str(path))}, line {number}")
    except OSError as error:
        raise ConfigError(f"{shown(str(path))}: cannot be read: {error.strerror}") from None
    return recorder.recording(() if len(recorder) else (f"{shown(str(path))} has no statement",))


def lines(stream: BinaryIO, path: Path) -> Iterator[tuple[int, bytes]]:
    """Those that have something, with their numbers. No line is read further than it may be long."""
    for number, line in enumerate(iter(lambda: stream.readline(LINE_MOST + 1), b""), start=1):
        if number > LINES_MOST:
            raise ConfigError(f"{shown(str(path))}: has more than {LINES_MOST} lines: split it")
        said = line.removeprefix(BOM) if number == 1 else line
        if said.strip():
            yield number, said


def take(recorder: Recorder, line: bytes, where: str) -> None:
    try:
        row = entry(line)
        types = types_of(row)
        recorder.add(sql_of(row), run_of(row, types), types, connection_of(row))
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{where}: is no JSON ({shown(error.msg)}, character {error.pos + 1}); one object a line is expected, "
            f"as {EXAMPLE}"
        ) from None
    except (ValueError, RecursionError, Full) as error:
        raise ConfigError(f"{where}: {words(error)}") from None


def words(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"is no UTF-8 (byte {error.start + 1})"
    return "is nested too deeply" if isinstance(error, RecursionError) else shown(str(error))


def entry(line: bytes) -> dict[str, Any]:
    """The object of one line."""
    if len(line) > LINE_MOST:
        raise ValueError(f"is longer than {LINE_MOST} bytes")
    if b"\0" in line:
        raise ValueError("has a NUL byte; the file has to be text in UTF-8, not UTF-16")
    row = json.loads(
        line.decode(), parse_int=Number, parse_float=Number, parse_constant=no_number, object_pairs_hook=once
    )
    if not isinstance(row, dict):
        raise ValueError(f"must be an object, as {EXAMPLE}")
    if strange := sorted(set(row) - set(KEYS)):
        raise ValueError(f"nobody knows {shown(repr(strange[0]), 60)}; a statement has {', '.join(KEYS)}")
    return row


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dictionary, if no key is there twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice in one object")
    return found


def no_number(text: str) -> NoReturn:
    raise ValueError(f'{text} is no JSON; write "{text}" as text')


def sql_of(row: dict[str, Any]) -> str:
    sql = row.get("sql")
    if isinstance(sql, Number) or not isinstance(sql, str) or not sql.strip():
        raise ValueError("sql is missing" if "sql" not in row else "sql must be text that is not empty")
    return possible(sql, "sql")


def run_of(row: dict[str, Any], types: tuple[str, ...]) -> tuple[str | None, ...] | None:
    """The parameters, or None where none are told."""
    if row.get("params") is None:
        return None
    values = listed(row["params"], "params")
    if types and len(types) != len(values):
        raise ValueError(f'types has {len(types)} names for {len(values)} params; it needs one each, or ""')
    kinds = types or ("",) * len(values)
    return tuple(parameter(value, kind) for value, kind in zip(values, kinds, strict=True))


def types_of(row: dict[str, Any]) -> tuple[str, ...]:
    found = listed(row.get("types") or [], "types")
    return tuple("" if value is None else name(value, "types") for value in found)


def connection_of(row: dict[str, Any]) -> str:
    value = row.get("connection")
    return "" if value is None else name(value, "connection", numbers=True)


def listed(values: Any, what: str) -> list[Any]:
    if not isinstance(values, list) or len(values) > PARAMETERS_MOST:
        raise ValueError(f"{what} must be a list of at most {PARAMETERS_MOST}")
    return values


def name(value: Any, what: str, numbers: bool = False) -> str:
    if not isinstance(value, str) or (isinstance(value, Number) and not numbers) or len(value) > NAME_MOST:
        raise ValueError(f"{what} must have names of at most {NAME_MOST} characters")
    return possible(str(value), what)
