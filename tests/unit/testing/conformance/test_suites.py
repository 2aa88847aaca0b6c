"""The suites as lists: a check that is written is in one. Adapters are held to them in tests/conformance."""

from __future__ import annotations

import inspect

import pytest

from verdigris.testing.conformance import (
    environment,
    environment_scene,
    router,
    router_faults,
    router_pause,
    router_scene,
    router_streams,
    schema,
    source,
    store,
    store_counts,
    store_log,
)

SUITES = {
    environment: set(),
    router: set(),
    router_faults: set(),
    router_pause: set(),
    router_streams: set(),
    schema: {"done", "failed", "idle", "look", "ready_to_contract", "widened"},
    source: {"answered", "told"},
    store: {"conflicts"},
    store_counts: set(),
    store_log: set(),
}
"""Each suite with what it has besides its checks."""


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.__name__.rpartition(".")[2])
def test_every_check_that_is_written_is_in_the_list_and_once(suite):
    written = {
        name
        for name, work in vars(suite).items()
        if inspect.iscoroutinefunction(work) and work.__module__ == suite.__name__ and name[0] != "_"
    }
    listed = [check.__name__ for check in suite.CHECKS if check.__module__ == suite.__name__]
    assert written - SUITES[suite] == set(listed)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("scene", [environment_scene, router_scene], ids=["environment", "router"])
def test_a_scene_shows_whoever_writes_an_adapter_all_that_a_check_needs(scene):
    assert {"Check", "Scene"} <= set(scene.__all__)
    assert scene.Scene._is_protocol
