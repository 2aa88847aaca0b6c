import datetime
import decimal
import uuid

import pytest

from verdigris_kit.statements.kinds import kind, plain

ZONE = datetime.UTC
DAY = datetime.datetime.fromisoformat("2026-02-28 12:00:00.000001")
NUMBER = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ("", None)),
        ("a", ("", "a")),
        (True, ("bool", True)),
        (7, ("int2", 7)),
        (-32_769, ("int4", -32_769)),
        (2**31, ("int8", 2**31)),
        (2**63, ("numeric", 2**63)),
        (0.1, ("float8", "0.1")),
        (float("nan"), ("float8", "nan")),
        (decimal.Decimal("1.10"), ("numeric", "1.10")),
        (DAY.date(), ("date", "2026-02-28")),
        (DAY, ("timestamp", "2026-02-28 12:00:00.000001")),
        (DAY.replace(tzinfo=ZONE), ("timestamptz", "2026-02-28 12:00:00.000001+00:00")),
        (DAY.time(), ("time", "12:00:00.000001")),
        (datetime.timedelta(days=-1, seconds=2), ("interval", "-1 days 2 seconds 0 microseconds")),
        (NUMBER, ("uuid", str(NUMBER))),
        (b"\x00\xff", ("bytea", "\\x00ff")),
        ([1, [None, "a"]], ("", [1, [None, "a"]])),
        ({"a": [1]}, ("", '{"a": [1]}')),
    ],
)
def test_a_value_is_what_drivers_make_of_it(value, expected):
    assert expected == (kind(value), plain(value))


def test_what_nobody_knows_is_an_error():
    with pytest.raises(TypeError):
        plain(object())
