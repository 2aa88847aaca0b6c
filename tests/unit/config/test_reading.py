"""A parsed document becomes settings, or one error that names everything wrong with it."""

from __future__ import annotations

import pytest

from verdigris.config.document import Document, Place
from verdigris.config.reading import settings_in
from verdigris.core.errors import ConfigError

SMALL = {"run": {"command": ["serve", "{port}"]}, "health": {"path": "/health"}}


def read(value):
    return settings_in(Document("verdigris.yaml", value, {(): Place(1, 1)}), "/srv")


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_what_holds_no_keys_says_how_to_begin(value):
    with pytest.raises(ConfigError, match="must hold keys and values. `verdigris init` writes a file"):
        read(value)


def test_one_app_stands_alone_and_several_stand_under_their_names():
    assert ["orders"] == [s.app for s in read({"app": "orders", **SMALL})]
    doors = ("127.0.0.1:8001", "127.0.0.1:8002")
    several = {f"app-{n}": {**SMALL, "route": {"listen": door}} for n, door in enumerate(doors)}
    assert ["app-0", "app-1"] == [s.app for s in read({"apps": several})]


def test_two_apps_cannot_have_the_same_door():
    with pytest.raises(
        ConfigError, match=r"apps\.b\.route: any host, path / at .* belongs to a \(line 1\) already"
    ):
        read({"apps": {"a": SMALL, "b": SMALL}})


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(ConfigError) as caught:
        read({"app": "orders", **SMALL, "bak": 1, "bake": {"for": "soon"}})
    assert 2 == len(str(caught.value).splitlines())
