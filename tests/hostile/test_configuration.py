"""verdigris.yaml by somebody who means no good: settings, or sentences that each name a line and a column."""

from __future__ import annotations

import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import documents, mutated
from verdigris.config import Settings, parse_config
from verdigris.config.loader import BYTES_MAX
from verdigris.config.reference import example_text
from verdigris.core.errors import ConfigError

GOOD = 'app: api\nrun: {command: [server, "{port}"]}\n'
WHOLE = yaml.safe_load(example_text())
SEVERAL = {
    "apps": {"api": {"run": {"command": ["s", "{port}"]}}, "shop": {"run": {"command": ["s", "{port}"]}}}
}

SENTENCE = re.compile(
    r"verdigris\.yaml:[0-9]+:[0-9]+: \S.*|verdigris\.yaml: (is larger than 1 MiB|and \d+ more).*"
)
LINE_MOST = 2000
CPU_MOST = 10.0
"""Seconds of a busy machine; none of these takes a tenth of it alone."""


def judged(data: bytes) -> str:
    """What the file is refused with; empty when it is taken. Every line is one harmless sentence of bounded length."""
    began = time.process_time()
    try:
        found = parse_config(data)
        assert all(isinstance(settings, Settings) for settings in found)
        said = ""
    except ConfigError as error:
        said = str(error)
        wrong = [line[:300] for line in said.split("\n") if not sound(line)]
        assert [] == wrong
    assert time.process_time() - began < CPU_MOST
    return said


def sound(line: str) -> bool:
    return SENTENCE.fullmatch(line) is not None and line.isprintable() and len(line) <= LINE_MOST


@given(st.binary(max_size=400))
@example(b"\xef\xbb\xbf" + GOOD.encode())
@example(b"\0" * 100)
@example("app: \u2028\u202e".encode())
def test_any_bytes_are_settings_or_sentences(data: bytes):
    judged(data)


@given(mutated((example_text().encode(), GOOD.encode())))
@example(f'{GOOD}health: {{body: {{"\\e[2J\\n": [1]}}}}\n'.encode())
@example(b'app: api\nrun: {command: "\\e[2J {port}"}\n')
@example(f"{GOOD}stabilize: {'1m' * 200}\n".encode())
@example(f'{GOOD}? "{"a" * 3000}"\n: 1\n'.encode())
def test_a_good_file_that_was_spoilt_is_settings_or_sentences(data: bytes):
    judged(data)


@given(documents(WHOLE, SEVERAL))
def test_a_good_document_with_strange_values_is_settings_or_sentences(data: bytes):
    judged(data)


def many(line: Callable[[int], str], count: int, before: str = GOOD, after: str = "") -> str:
    return before + "".join(line(number) for number in range(count)) + after


LARGE = {
    "unknown keys": many(lambda n: f"k{n}abcdefgh: 1\n", 9000),
    "apps at one door": many(
        lambda n: f'  a{n}: {{run: {{command: [s, "{{port}}"]}}, route: {{path: /p{n}}}}}\n', 900, "apps:\n"
    ),
    "apps with many hosts": many(
        lambda n: (
            f'  a{n}: {{run: {{command: [s, "{{port}}"]}}, '
            f"route: {{host: [{', '.join(f'h{n}-{m}.x' for m in range(100))}]}}}}\n"
        ),
        90,
        "apps:\n",
    ),
    "strange words": many(lambda n: f"  a{n}: {{router: {'x' * 200}}}\n", 1500, "apps:\n"),
    "a long duration": f"{GOOD}stabilize: {'1m' * 450_000}\n",
    "a long word": f"app: {'a' * 1_000_000}\n",
    "a long name": f'? "{"a" * 1_000_000}"\n: 1\n',
    "a long command": f'app: api\nrun: {{command: "{"a b " * 200_000}"}}\n',
    "a long host": f"{GOOD}route: {{host: {'a.' * 450_000}}}\n",
    "openings": "[" * BYTES_MAX,
    "entries": "-\n" * (BYTES_MAX // 2),
    "questions": "?\n" * (BYTES_MAX // 2),
    "quotes": '"' * BYTES_MAX,
    "line ends": "\n" * BYTES_MAX,
    "escapes": 'a: "' + "\\x41" * 250_000 + '"\n',
}
HUNGRY = ("a long duration", "a long word", "a long command", "openings", "entries", "quotes", "escapes")


@pytest.mark.parametrize("name", LARGE)
def test_a_mebibyte_of_anything_is_read_or_refused_in_good_time(name: str):
    judged(LARGE[name].encode())


def test_a_byte_more_than_a_mebibyte_is_not_read():
    padded = GOOD.encode() + b"#" * (BYTES_MAX - len(GOOD))
    assert "" == judged(padded)
    assert "is larger than 1 MiB" in judged(padded + b"#")


def test_no_file_needs_more_than_256_megabytes_or_ends_the_process(tmp_path):
    for number, name in enumerate(HUNGRY):
        (tmp_path / f"{number}.yaml").write_text(LARGE[name])
    done = subprocess.run(
        [sys.executable, "-c", READER, *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (256 << 20, 256 << 20)),
        check=False,
    )
    assert (0, f"{len(HUNGRY)} read or refused\n", "") == (done.returncode, done.stdout, done.stderr)


READER = """\
import sys
from verdigris.config import load_apps
from verdigris.core.errors import ConfigError

for path in sys.argv[1:]:
    try:
        load_apps(path)
    except ConfigError:
        pass
print(len(sys.argv) - 1, "read or refused")
"""
