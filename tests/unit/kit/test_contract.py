import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import verdigris_kit
from verdigris_kit.contract import Identity

SOURCES = sorted(Path(verdigris_kit.__file__).parent.rglob("*.py"))


def test_an_identity_reads_the_variables_of_its_slot():
    environ = {
        "API_VERSION": "2.0.0",
        "ENVIRONMENT_NAME": "green",
        "VERDIGRIS_RELEASE": "a1b2c3",
        "VERDIGRIS_SLOT": "green",
    }
    assert Identity("2.0.0", "green", "a1b2c3", "green") == Identity.of(environ)


def test_an_identity_without_variables_has_the_documented_defaults():
    assert Identity(api_version="1.0.0", environment="unknown", release="", slot="") == Identity.of({})


@pytest.mark.parametrize("value", ["1.0\r\nSet-Cookie: a=b", "1.0\x00", "ünïcode", "1.0 ", " 1.0", " "])
def test_a_value_that_could_not_stand_in_a_header_is_refused_at_start(value):
    with pytest.raises(ValueError, match=r"api_version is .*: a header value is printable ASCII"):
        Identity.of({"API_VERSION": value})


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_the_kit_is_written_in_python_3_9(source):
    ast.parse(source.read_text(), feature_version=(3, 9))


def test_missing_variables_are_logged_once_in_a_process():
    asks = "from verdigris_kit.contract import Identity as I; I.of(); I.of({}); print(I.of().environment)"
    environ = {name: value for name, value in os.environ.items() if name != "ENVIRONMENT_NAME"}
    said = subprocess.run(
        [sys.executable, "-c", asks],
        env=environ | {"API_VERSION": "2.0.0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "unknown" == said.stdout.strip()
    [line] = said.stderr.splitlines()
    assert line.startswith("ENVIRONMENT_NAME is not set: the defaults stand in")


def test_the_kit_imports_nothing_before_it_is_used():
    asks = "import sys; before = set(sys.modules); import verdigris_kit; print(*sorted(set(sys.modules) - before))"
    said = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert ["verdigris_kit"] == said.stdout.split()


def test_an_unknown_name_of_the_kit_is_no_attribute():
    with pytest.raises(AttributeError, match="'verdigris_kit' has no attribute 'Helth'"):
        _ = verdigris_kit.Helth
    assert {"Health", "VersionHeaders"} <= set(dir(verdigris_kit))
