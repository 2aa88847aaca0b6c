import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.config.units import UnitError, duration_text, fraction, percent_text, seconds, size, weight


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("300s", 300.0),
        ("15m", 900.0),
        ("24h", 86_400.0),
        ("7d", 604_800.0),
        ("500ms", 0.5),
        ("2m30s", 150.0),
        ("1.5h", 5400.0),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_read_in_seconds(text, expected):
    assert expected == seconds(text)


@pytest.mark.parametrize("bare", [300, 1.5, "300", "1.5"])
def test_a_bare_number_is_told_which_unit_it_lacks(bare):
    with pytest.raises(UnitError, match=f"needs a unit: write {bare}s instead of {bare}"):
        seconds(bare)
    with pytest.raises(UnitError, match=f"needs a unit: write {bare}% instead of {bare}"):
        fraction(bare)


@pytest.mark.parametrize(
    "text", ["", "s", "5", "5 s", "5sec", "-5s", "30s2m", "1m1m", "1e3s", "٣s", True, None, ["5s"]]
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UnitError):
        seconds(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("10%", 0.1), ("0.5%", 0.005), ("100%", 1.0), ("0%", 0.0), ("5 %", 0.05)]
)
def test_a_percentage_is_read_as_a_part_of_one(text, expected):
    assert expected == fraction(text)


@pytest.mark.parametrize("text", ["", "%", "-1%", "101%", "100.5%", "ten%", "1e1%", True, None, "1%%"])
def test_what_is_no_percentage_is_refused(text):
    with pytest.raises(UnitError):
        fraction(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0B", 0),
        ("4096B", 4096),
        ("512KB", 512_000),
        ("10MiB", 10 << 20),
        ("1.5 KiB", 1536),
        ("2GB", 2 * 10**9),
    ],
)
def test_a_size_is_read_in_bytes(text, expected):
    assert expected == size(text)


@pytest.mark.parametrize(
    "text", ["", "B", "10", 10, 1.5, "10M", "10mb", "10 kB", "-1B", "1e3B", "1TiB", True, None]
)
def test_what_is_no_size_is_refused(text):
    with pytest.raises(UnitError, match=r"needs a unit|must be a size like 10MiB, 512KB or 4096B, got "):
        size(text)


def test_a_weight_is_whole():
    assert 10 == weight("10%")
    with pytest.raises(UnitError, match="must be whole percent, got '0.5%'"):
        weight("0.5%")


@given(st.integers(0, 10**12).map(lambda milliseconds: milliseconds / 1000))
def test_a_duration_told_is_the_duration_read(amount):
    assert amount == seconds(duration_text(amount))


@given(st.integers(0, 10_000).map(lambda hundredths: hundredths / 10_000))
def test_a_percentage_told_is_the_percentage_read(part):
    assert part == fraction(percent_text(part))
