"""Several apps in one file, and one of them that is not named, was taken out, or was never there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_input.callers import Callers
from tests.bad_input.project import Project


class Pair(Project):
    """The same API twice, `search` under a path of its own."""

    def of(self, *names: str) -> Pair:
        """The file has these apps from now on."""
        service = self.defaults()
        del service["app"]
        routes = {"api": {}, "search": {"path": "/search", "strip": True}}
        apps = {name: service | {"route": service["route"] | routes[name]} for name in names}
        (self.place / "verdigris.yaml").write_text(json.dumps({"apps": apps}))
        return self


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Both are live, and the first one is called all the time: not one request of it may fail."""
    pair = Pair(tmp_path).of("api", "search")
    callers = Callers(pair.url)
    try:
        pair.deploy("1.0.0", "good", "--app", "api").says(0, "api 1.0.0 serves")
        callers.start()
        pair.deploy("1.0.0", "good", "--app", "search").says(0, "search 1.0.0 serves")
        yield pair
        callers.untouched(0, "1.0.0")
    finally:
        callers.stop()
        pair.teardown()


def test_of_several_apps_none_is_guessed(pair: Pair):
    for words in (("deploy",), ("rollback",), ("pause",), ("plan",), ("explain",), ("logs",)):
        pair.run(*words).says(2, "has several apps (api, search). Say which one is meant with --app")
    pair.run("status").says(0, "api", "search", "verdigris status --app api")
    assert ["api", "search"] == list(pair.document("status")["apps"])
    pair.run("history").says(0, "api", "search")


def test_an_app_that_still_serves_is_not_forgotten(pair: Pair):
    pair.of("api")
    refused = "search still runs in"
    pair.deploy("2.0.0", "good", "--app", "api").says(1, refused, "`verdigris teardown --app search`")
    pair.run("status", "--app", "search").says(0, "1.0.0", "100 %", "1/1 healthy")
    pair.run("teardown", "--app", "search", "--yes").says(0, "nothing of search runs any more", "api goes on")
    pair.run("teardown", "--app", "search", "--yes").says(1, "search was never deployed from")
    pair.comes_to("1.0.0", "1/1 healthy")


def test_an_app_that_was_ended_can_be_deployed_anew(pair: Pair):
    pair.run("teardown", "--app", "search", "--yes").says(0, "nothing of search runs any more")
    pair.deploy("2.0.0", "good", "--app", "search").says(0, "search 2.0.0 serves")
    pair.run("history", "--app", "search").says(0, "torn down by", "2.0.0")


def test_an_app_that_is_not_there_is_not_ended(pair: Pair):
    pair.run("teardown", "--app", "serach", "--yes").says(1, "serach was never deployed from")
    pair.run("teardown", "--app", "api", "--all", "--yes").says(
        2, "one app with --app, or all with --all --yes"
    )
    pair.run("teardown", "--app", "api").says(2, "nobody can be asked here. Add --yes")


def test_what_is_not_paused_cannot_go_on_and_a_strange_word_pauses_nothing(pair: Pair):
    pair.run("unpause", "--app", "api").says(1, "nothing is paused")
    pair.run("pause", "--methods", "post", "--app", "api").says(2, "Use safe or all")
    pair.run("maintenance", "later", "--app", "api").says(2, "Use on or off")
    pair.run("preview", "--slot", "purple", "--app", "api").says(2, "Use blue or green")
    pair.run("preview", "--slot", "blue", "--app", "api").says(
        0, "X-Verdigris-Preview: ", ";blue", "curl -H @"
    )
