"""How a value of Python reaches PostgreSQL: the type that drivers declare for it, and its text."""

import datetime
import decimal
import json
import uuid
from typing import Any, Callable, Union

__all__ = ["kind", "plain"]

_INT2, _INT4, _INT8 = 2**15, 2**31, 2**63


def kind(value: Any) -> str:
    """The type that psycopg declares, "" where it leaves it to the server."""
    found = _KINDS.get(type(value), "")
    return found if isinstance(found, str) else found(value)


def plain(value: Any) -> Any:
    """The value as JSON has it, so that PostgreSQL reads the same. `TypeError` for what nobody knows here."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, (float, decimal.Decimal, uuid.UUID)):
        return str(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return str(value)
    if isinstance(value, datetime.timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "\\x" + bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    document = value if isinstance(value, dict) else getattr(value, "obj", value)  # Json, Jsonb of psycopg
    return json.dumps(document, ensure_ascii=False)


def _whole(value: int) -> str:
    if -_INT2 <= value < _INT2:
        return "int2"
    if -_INT4 <= value < _INT4:
        return "int4"
    return "int8" if -_INT8 <= value < _INT8 else "numeric"


def _zoned(value: Union[datetime.datetime, datetime.time]) -> str:
    name = "timestamp" if isinstance(value, datetime.datetime) else "time"
    return name if value.tzinfo is None else f"{name}tz"


_KINDS: "dict[type, Union[str, Callable[[Any], str]]]" = {
    bool: "bool",
    int: _whole,
    float: "float8",
    decimal.Decimal: "numeric",
    datetime.date: "date",
    datetime.datetime: _zoned,
    datetime.time: _zoned,
    datetime.timedelta: "interval",
    uuid.UUID: "uuid",
    bytes: "bytea",
    bytearray: "bytea",
    memoryview: "bytea",
}
