"""Parameters that come in PostgreSQL's binary format, as its text format has them, for the types that are common.

A type that is not known here gives nothing rather than something that could be wrong.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from ipaddress import ip_address

from verdigris.schema.sources.wire import Reader

__all__ = ["NAMES", "text_of"]

EPOCH = date(2000, 1, 1)
NUMERIC_SPECIAL = {0xC000: "NaN", 0xD000: "Infinity", 0xF000: "-Infinity"}
INFINITE = {2**63 - 1: "infinity", -(2**63): "-infinity", 2**31 - 1: "infinity", -(2**31): "-infinity"}
DIMENSIONS_MOST = 6
ELEMENTS_MOST = 100_000


def text_of(oid: int, data: bytes) -> str | None:
    """The value as text; None for a type that is not known, and for bytes that are none of its type."""
    try:
        if oid in ARRAYS:
            return array(data)
        return READERS[oid](data) if oid in READERS else None
    except (ValueError, struct.error, OverflowError, KeyError):
        return None


def signed(size: int) -> Callable[[bytes], str]:
    def read(data: bytes) -> str:
        return str(int.from_bytes(exactly(data, size), "big", signed=True))

    return read


def exactly(data: bytes, size: int) -> bytes:
    if len(data) != size:
        raise ValueError("it has another size")
    return data


def boolean(data: bytes) -> str:
    return "true" if exactly(data, 1) != b"\0" else "false"


def oid(data: bytes) -> str:
    return str(int.from_bytes(exactly(data, 4), "big"))


def plain(data: bytes) -> str:
    return data.decode()


def bytea(data: bytes) -> str:
    return "\\x" + data.hex()


def float4(data: bytes) -> str:
    """Nine digits say every one of them."""
    return f"{struct.unpack('!f', data)[0]:.9g}"


def float8(data: bytes) -> str:
    return repr(struct.unpack("!d", data)[0])


def numeric(data: bytes) -> str:
    """Groups of four decimal digits, the first of the weight 10000 ** weight."""
    count, weight, sign, scale = struct.unpack("!HhHH", data[:8])
    if sign in NUMERIC_SPECIAL:
        return NUMERIC_SPECIAL[sign]
    digits = struct.unpack(f"!{count}H", data[8:])
    if any(digit > 9999 for digit in digits) or sign not in (0, 0x4000):
        raise ValueError("it has no decimal digits")
    groups = dict(zip(range(weight, weight - count, -1), digits, strict=True))
    whole = (
        "".join(f"{groups.get(place, 0):04}" for place in range(max(weight, 0), -1, -1)).lstrip("0") or "0"
    )
    behind = "".join(f"{groups.get(-1 - place, 0):04}" for place in range(-(-scale // 4)))[:scale]
    return ("-" if sign else "") + whole + (f".{behind}" if behind else "")


def day(data: bytes) -> str:
    days = int.from_bytes(exactly(data, 4), "big", signed=True)
    return INFINITE.get(days) or (EPOCH + timedelta(days=days)).isoformat()


def moment(zone: str) -> Callable[[bytes], str]:
    def read(data: bytes) -> str:
        micros = int.from_bytes(exactly(data, 8), "big", signed=True)
        if micros in INFINITE:
            return INFINITE[micros]
        found = datetime(2000, 1, 1) + timedelta(microseconds=micros)  # noqa: DTZ001  # the zone is said beside it
        return found.isoformat(sep=" ") + zone

    return read


def clock(data: bytes) -> str:
    micros = int.from_bytes(exactly(data, 8), "big", signed=True)
    return str((datetime(2000, 1, 1) + timedelta(microseconds=micros)).time())  # noqa: DTZ001  # a time of no zone


def interval(data: bytes) -> str:
    micros, days, months = struct.unpack("!qii", data)
    return f"{months} months {days} days {micros} microseconds"


def network(data: bytes) -> str:
    _family, bits, _cidr, size = data[:4]
    address = ip_address(exactly(data[4:], size))
    return f"{address}/{bits}"


def jsonb(data: bytes) -> str:
    """Version 1, the only one there is, and then its text."""
    if data[:1] != b"\1":
        raise ValueError("it has another version")
    return data[1:].decode()


def array(data: bytes) -> str:
    """The literal of an array whose elements are of a type that is known."""
    reader = Reader(data)
    dimensions, _nulls, kind = reader.int32(), reader.int32(), reader.oid()
    if not 0 <= dimensions <= DIMENSIONS_MOST:
        raise ValueError("it has too many dimensions")
    sizes = [(reader.int32(), reader.int32()) for _ in range(dimensions)]
    if any(lower != 1 for _, lower in sizes):
        raise ValueError("it does not begin at 1")
    return literal(reader, [size for size, _ in sizes], READERS[kind]) if sizes else "{}"


def literal(reader: Reader, sizes: list[int], read: Callable[[bytes], str]) -> str:
    if not 0 <= sizes[0] <= ELEMENTS_MOST:
        raise ValueError("it has too many elements")
    if len(sizes) > 1:
        return "{" + ",".join(literal(reader, sizes[1:], read) for _ in range(sizes[0])) + "}"
    return "{" + ",".join(element(reader, read) for _ in range(sizes[0])) + "}"


def element(reader: Reader, read: Callable[[bytes], str]) -> str:
    size = reader.int32()
    if size == -1:
        return "NULL"
    return '"' + read(reader.raw(size)).replace("\\", "\\\\").replace('"', '\\"') + '"'


KINDS: tuple[tuple[int, str, int, Callable[[bytes], str]], ...] = (
    (16, "bool", 1000, boolean),
    (17, "bytea", 1001, bytea),
    (18, '"char"', 1002, plain),
    (19, "name", 1003, plain),
    (20, "int8", 1016, signed(8)),
    (21, "int2", 1005, signed(2)),
    (23, "int4", 1007, signed(4)),
    (25, "text", 1009, plain),
    (26, "oid", 1028, oid),
    (114, "json", 199, plain),
    (142, "xml", 143, plain),
    (650, "cidr", 651, network),
    (700, "float4", 1021, float4),
    (701, "float8", 1022, float8),
    (869, "inet", 1041, network),
    (1042, "bpchar", 1014, plain),
    (1043, "varchar", 1015, plain),
    (1082, "date", 1182, day),
    (1083, "time", 1183, clock),
    (1114, "timestamp", 1115, moment("")),
    (1184, "timestamptz", 1185, moment("+00")),
    (1186, "interval", 1187, interval),
    (1700, "numeric", 1231, numeric),
    (2950, "uuid", 2951, lambda data: str(uuid.UUID(bytes=data))),
    (3802, "jsonb", 3807, jsonb),
)
"""The types: number, name, the number of their array, and how they are read. They are the same on every server."""
READERS = {number: read for number, _, _, read in KINDS}
ARRAYS = {number for _, _, number, _ in KINDS}
NAMES = {number: name for number, name, _, _ in KINDS} | {number: f"{name}[]" for _, name, number, _ in KINDS}
"""Of the types by their numbers. Others have another number on every server, and so none here."""
