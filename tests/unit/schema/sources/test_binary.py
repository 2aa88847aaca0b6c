import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.schema.sources.binary import ARRAYS, NAMES, READERS, text_of

VALUES = [
    ("bool", ["true", "false"]),
    ("bytea", [r"\x00ff", r"\x"]),
    ("int2", ["-32768", "0", "32767"]),
    ("int4", ["-2147483648", "7"]),
    ("int8", ["-9223372036854775808", "9223372036854775807"]),
    ("oid", ["4294967295"]),
    ("text", ["", "ü\n'", "NULL"]),
    ("varchar", ["a"]),
    ("bpchar", ["a "]),
    ("name", ["a"]),
    ("float4", ["0.1", "-0", "NaN", "Infinity", "3.4028235e38", "1e-45"]),
    ("float8", ["0.1", "-0", "NaN", "-Infinity", "1.7976931348623157e308", "5e-324"]),
    ("numeric", ["0", "0.00", "-0.5", "12345.6789", "1e20", "100000000", "0.00001", "0.000012345", "NaN", "1" * 60,
                 "-99999999.00000001", "10000.0001", "0.1000"]),
    ("date", ["2000-01-01", "1999-12-31", "0001-01-01", "9999-12-31", "infinity", "-infinity"]),
    ("time", ["00:00:00", "23:59:59.999999"]),
    ("timestamp", ["2026-02-28 12:00:00.000001", "1970-01-01 00:00:00", "infinity"]),
    ("timestamptz", ["2026-02-28 12:00:00+02", "-infinity"]),
    ("interval", ["1 year -2 days 03:04:05.6", "-1 month", "0"]),
    ("uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("json", ['{"a": [1, "ü"]}']),
    ("jsonb", ['{"a": [1, "ü"]}', "null"]),
    ("inet", ["10.0.0.1", "10.0.0.1/8", "::1/64"]),
    ("cidr", ["10.0.0.0/8", "2001:db8::/32"]),
    ("int4[]", ["{}", "{1,NULL,-3}", "{{1,2},{3,4}}"]),
    ("text[]", [r'{a,"",NULL,"NULL","a,b","{}","\"","\\"," "}']),
    ("numeric[]", ["{1.50,-0.01}"]),
    ("timestamptz[]", ['{"2026-02-28 12:00:00+02"}']),
    ("uuid[]", ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[kind for kind, _ in VALUES])
def test_the_text_means_to_the_server_what_the_bytes_meant(server15, kind, values):
    with server15.create().connected() as connection:
        connection.execute("SET extra_float_digits TO 3")
        for value in values:
            with connection.cursor(binary=True) as cursor:
                cursor.execute(f"SELECT %s::{kind}", (value,))
                oid, data = cursor.pgresult.ftype(0), cursor.pgresult.get_value(0, 0)
            text = text_of(oid, data)
            same = f"SELECT %s::text::{kind}::text = %s::text::{kind}::text, %s::text"
            assert (True, kind) == connection.execute(same, (text, value, NAMES[oid])).fetchone(), (
                value,
                text,
            )


def test_a_type_that_is_not_known_gives_nothing():
    assert text_of(70_000, b"anything") is None


@given(st.sampled_from(sorted({*READERS, *ARRAYS})), st.binary(max_size=60))
def test_any_bytes_are_text_or_nothing(oid, data):
    found = text_of(oid, data)
    assert found is None or isinstance(found, str)
