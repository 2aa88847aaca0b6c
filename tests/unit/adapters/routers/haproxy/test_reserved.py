"""The rule that keeps our paths from everybody outside, as text; tests/street tries it on real HAProxies."""

import re

import pytest

from verdigris.adapters.routers.haproxy.reserved import rules


@pytest.fixture
def pattern():
    [line] = [line for line in rules() if "acl reserved" in line]
    return re.compile(line.partition("'")[2].rpartition("'")[0], re.IGNORECASE)


@pytest.mark.parametrize("path", ["/.verdigris", "/a/.VERDIGRIS/b", "//%2Everdi%67ris", "/.verdigris%zz"])
def test_our_name_is_found_however_it_is_written(pattern, path):
    assert pattern.search(path)


@pytest.mark.parametrize("path", ["/", "/verdigris", "/.verdigriss", "/x.verdigris", "/.verdi"])
def test_other_names_are_not(pattern, path):
    assert not pattern.search(path)


def test_an_ordinary_path_costs_one_cheap_look():
    *_, rule = rules()
    assert rule.rstrip().endswith("if dotted reserved")
