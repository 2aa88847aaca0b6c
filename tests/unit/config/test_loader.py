import os
import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from verdigris.config.loader import parse, read
from verdigris.core.errors import ConfigError

LOADERS = [yaml.CSafeLoader, yaml.SafeLoader]


@pytest.fixture(params=LOADERS, ids=["libyaml", "pure"])
def loader(request):
    return request.param


def values(text, loader=yaml.CSafeLoader):
    return parse(text.encode(), loader=loader).value


def refusal(data, loader=yaml.CSafeLoader):
    """The message that the bytes are refused with."""
    with pytest.raises(ConfigError) as refused:
        parse(data if isinstance(data, bytes) else data.encode(), loader=loader)
    return str(refused.value)


def test_a_scalar_means_what_yaml_1_2_says(loader):
    text = "[on, off, yes, 012, 0o17, 0x1f, 1:30, 2001-01-01, 1e3, .5, -3, .inf, ~, null, true, '1', 1_000]"
    expected = [
        "on",
        "off",
        "yes",
        12,
        15,
        31,
        "1:30",
        "2001-01-01",
        1e3,
        0.5,
        -3,
        ".inf",
        None,
        None,
        True,
        "1",
        "1_000",
    ]
    assert expected == values(text, loader)


def test_every_key_and_entry_knows_its_place(loader):
    document = parse(b"app: api\ncutover:\n  ramp: [10%, 100%]\n  drain: 300s\n", loader=loader)
    places = {".".join(map(str, key)): str(place) for key, place in document.places.items()}
    expected = {
        "": "1:1",
        "app": "1:1",
        "cutover": "2:1",
        "cutover.ramp": "3:3",
        "cutover.ramp.0": "3:10",
        "cutover.ramp.1": "3:15",
        "cutover.drain": "4:3",
    }
    assert expected == places
    assert {"app": "api", "cutover": {"ramp": ["10%", "100%"], "drain": "300s"}} == document.value


def test_a_byte_order_mark_is_tolerated(loader):
    assert {"a": 1} == parse(b"\xef\xbb\xbfa: 1\n", loader=loader).value


def test_nothing_at_all_is_nothing(loader):
    assert values("", loader) is values("# only a comment\n", loader) is None


@pytest.mark.parametrize(
    ("data", "place", "sentence"),
    [
        (b"a: 1\nb: 2\na: 3\n", "3:1", "a: stands here twice, first at line 1"),
        (b"a:\n  b: 1\n  b: 2\n", "3:3", "a.b: stands here twice, first at line 2"),
        (b"a: &x 1\n", "1:4", "anchors and aliases are not read"),
        (b"a: *x\n", "1:4", "anchors and aliases are not read"),
        (b"a: !!str 1\n", "1:4", "the tag tag:yaml.org,2002:str is not read"),
        (b"a: !!python/object/apply:os.system [id]\n", "1:4", "is not read"),
        (b"--- 1\n--- 2\n", "2:1", "a second document begins here"),
        (b"a:\n\t- 1\n", "2:1", "a tab cannot indent YAML. Use spaces"),
        (b"a: b\x00\n", "1:5", "holds the control character U+0000"),
        (b"a: 1\nb: \x1b[31m\n", "2:4", "holds the control character U+001B"),
        (b'a: "\\0"\n', "1:4", "holds a NUL"),
        (b"a: 1\nb: \xff\n", "2:4", "is not UTF-8. Save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), "1:1", "is not UTF-8"),
        (b"1: a\n", "1:1", "the name of a key must be text. Write it in quotes"),
        (b"? [a]\n: b\n", "1:3", "the name of a key must be text"),
        (b"a: " + b"9" * 5000, "1:4", "is too long for a number. Write it in quotes"),
        (b"a: 1e999999\n", "1:4", "is too large for a number"),
        (b"- " * 33, "1:65", "is nested more than 32 deep"),
        (b"[" + b"1," * 20_000 + b"]", "1:40000", "holds more than 20,000 values"),
    ],
)
def test_what_a_configuration_never_needs_is_refused_with_its_place(loader, data, place, sentence):
    message = refusal(data, loader)
    assert message.startswith(f"verdigris.yaml:{place}: ")
    assert sentence in message


@pytest.mark.parametrize("opening", [b"[", b"{", b"[{", b"- ", b"? ", b"a: {"])
def test_a_hundred_kilobytes_of_openings_are_a_clean_error(loader, opening):
    assert refusal(opening * (100_000 // len(opening)), loader).startswith("verdigris.yaml:1:")


@pytest.mark.parametrize(
    "text", ["a: [1", "a: b: c", "a: 'x", "a\nb: 1", "%YAML 3.0\n---\na: 1", "@", "a: {b"]
)
def test_a_mistake_of_syntax_is_refused_with_its_place(loader, text):
    assert refusal(text, loader).startswith("verdigris.yaml:")


def test_an_alias_bomb_is_refused_at_its_first_anchor(loader):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert refusal(bomb, loader).startswith("verdigris.yaml:1:4: anchors")


def test_fifty_megabytes_are_refused_unread(tmp_path):
    path = tmp_path / "verdigris.yaml"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    with pytest.raises(ConfigError, match="is larger than 1 MiB"):
        read(path)


def test_a_missing_file_names_the_command_that_writes_one(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file. Write one with `verdigris init`"):
        read(tmp_path / "verdigris.yaml")


def test_what_is_no_file_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ConfigError, match="is not a file"):
            read(path)


def test_a_path_that_cannot_be_is_refused():
    with pytest.raises(ConfigError, match="cannot be read"):
        read("a\0b")


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf\xef\xbb\xbfa: 1")
def test_bytes_are_read_or_refused_and_nothing_else(data):
    for loader in LOADERS:
        try:
            parse(data, loader=loader)
        except ConfigError:
            continue


@given(st.text(alphabet="ab:[]{},-?&*!|>'\"%#\n\t 019.e\\x\ufeff", max_size=60))
def test_text_in_the_shape_of_yaml_is_read_or_refused_and_nothing_else(text):
    for loader in LOADERS:
        try:
            document = parse(text.encode(), loader=loader)
        except ConfigError:
            continue
        assert all(document.standing(key) == key for key in document.places)


NUMBER = re.compile(r"[-+.]?[0-9].*")
"""Texts that might be numbers: YAML 1.1, which PyYAML writes, and 1.2 do not agree on all of them."""

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])).filter(
        lambda text: not NUMBER.match(text)
    ),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JSON)
def test_what_pyyaml_writes_is_read_back(value):
    # Widths and styles are PyYAML's own; only the words that YAML 1.1 and 1.2 read differently are not among them.
    text = yaml.safe_dump(value, allow_unicode=True)
    try:
        assert value == values(text)
    except ConfigError as refused:
        assert "deep" in str(refused) or "anchors" in str(refused) or "control" in str(refused)
