"""All keys of verdigris.yaml as one list."""

from __future__ import annotations

import pytest

from verdigris.config.catalogue import entries, inner, model_at, names
from verdigris.config.models import App, Apps


def test_no_key_comes_twice_and_the_app_comes_first():
    found = [entry.name for entry in entries()]
    assert (len(found), "app") == (len(set(found)), found[0])


def test_a_section_comes_before_its_keys():
    found = [entry.name for entry in entries()]
    for entry in entries():
        parent = entry.name.rpartition(".")[0].removesuffix("[]")
        assert not parent or found.index(parent) < found.index(entry.name)


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_every_key_says_what_it_is_about_and_in_which_unit(entry):
    assert entry.about
    assert entry.section or entry.unit


def test_what_is_required_has_no_default_and_hardly_anything_is():
    assert {"app", "run.command"} <= {entry.name for entry in entries() if entry.required}
    assert "bake.for" not in {entry.name for entry in entries() if entry.required}


def test_keys_are_spelled_as_in_the_file():
    bake = model_at(App, ("bake",))
    assert bake is not None
    assert "for" in names(bake)


@pytest.mark.parametrize(
    ("root", "key", "name"),
    [
        (App, (), "App"),
        (App, ("app",), None),
        (App, ("no-such",), "App"),
        (Apps, ("apps", "orders"), "Service"),
    ],
)
def test_the_section_at_a_key_is_found(root, key, name):
    found = model_at(root, key)
    assert name == (found and found.__name__)


def test_the_entries_of_a_list_are_sections_too():
    step = model_at(App, ("cutover", "ramp", 1))
    assert step is not None
    assert "to" in names(step)
    assert inner(list[step]) is step
    assert inner(str) is None
