"""The suites as lists: a check that is written is in one. Adapters are held to them in tests/conformance."""

from __future__ import annotations

import inspect

import pytest

from verdigris.testing.conformance import environment, router, store

SUITES = {
    environment: {"slot_of", "provision", "until", "serving"},
    router: {"reading", "told", "all_reach"},
    store: {"conflicts"},
}
"""Each suite with the words that its checks are written in."""


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.__name__.rpartition(".")[2])
def test_every_check_that_is_written_is_in_the_list_and_once(suite):
    written = {
        name
        for name, work in vars(suite).items()
        if inspect.iscoroutinefunction(work) and work.__module__ == suite.__name__ and name[0] != "_"
    }
    listed = [check.__name__ for check in suite.CHECKS]
    assert written - SUITES[suite] == set(listed)
    assert len(set(listed)) == len(listed)
