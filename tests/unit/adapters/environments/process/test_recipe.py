"""How a release is made and run is a part of what it is."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from verdigris.adapters.environments.process.recipe import IDENTITY, Recipe, checked, identify, is_version
from verdigris.core.errors import ConfigError

RECIPE = Recipe(Path("/a"), ("run", "{port}"))
OF_THE_RUN = {
    "command": ("run", "-v"),
    "build": (("make",),),
    "env": (("A", "1"),),
    "grace": 3.0,
    "api_version": "2",
}
OF_THE_MAKING = {"directory": Path("/b"), "source": Path("/c"), "version": "v9", "build_within": 1.0}


@pytest.mark.parametrize("name", OF_THE_RUN)
def test_run_otherwise_it_is_another_release(name):
    assert RECIPE.digest() != replace(RECIPE, **{name: OF_THE_RUN[name]}).digest()


@pytest.mark.parametrize("name", OF_THE_MAKING)
def test_made_from_elsewhere_it_is_the_same(name):
    assert RECIPE.digest() == replace(RECIPE, **{name: OF_THE_MAKING[name]}).digest()


def test_every_part_of_a_recipe_is_one_of_the_two():
    assert {field.name for field in fields(Recipe)} == {*OF_THE_RUN, *OF_THE_MAKING}


@pytest.mark.parametrize("word", ["1", "v1.2.3", "9f2c1ab", "a_b-c", "x" * 64])
def test_a_version_is_a_short_word(word):
    assert word == checked(word)


@pytest.mark.parametrize("word", ["", ".hidden", "-x", "a/b", "a b", "x" * 65, "v1.json", "v1.building", "ä"])
def test_what_could_be_something_else_is_no_version(word):
    assert not is_version(word)
    with pytest.raises(ConfigError, match="Give another one with --version"):
        checked(word)


def test_a_release_says_which_one_it_is_and_no_link_is_written_through(tmp_path):
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / IDENTITY).symlink_to(tmp_path / "elsewhere")
    identify(tmp_path / "release", "v1", RECIPE)
    assert RECIPE.digest() in (tmp_path / "release" / IDENTITY).read_text()
    assert not (tmp_path / "elsewhere").exists()
