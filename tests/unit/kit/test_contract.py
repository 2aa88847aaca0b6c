import ast
from pathlib import Path

import pytest

import verdigris_kit
from verdigris_kit.contract import Identity

SOURCES = sorted(Path(verdigris_kit.__file__).parent.glob("*.py"))


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


@pytest.mark.parametrize("value", ["1.0\r\nSet-Cookie: a=b", "1.0\x00", "ünïcode"])
def test_a_value_that_could_not_stand_in_a_header_is_refused_at_start(value):
    with pytest.raises(ValueError, match=r"api_version is .*: a header value is printable ASCII"):
        Identity.of({"API_VERSION": value})


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_the_kit_is_written_in_python_3_9(source):
    ast.parse(source.read_text(), feature_version=(3, 9))
