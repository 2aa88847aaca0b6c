"""What the machine says of itself; None or nothing where it does not say."""

from __future__ import annotations

import os
import resource

from verdigris.adapters.environments.process import host

NOBODY = 1 << 29
"""A pid that no kernel gives out."""


def test_there_is_some_memory_and_some_disk(tmp_path):
    assert (host.memory_free() or 0) > 0
    assert host.room(tmp_path).free > 0


def test_this_process_has_memory_and_one_that_is_gone_has_none():
    mine = host.memory_of([os.getpid()])
    assert mine > 1 << 20
    assert 0 == host.memory_of([NOBODY])
    assert 0 == host.memory_of([])


def test_this_process_is_found_in_its_session():
    assert os.getpid() in host.sessions()[os.getsid(0)]


def test_the_open_files_are_those_of_the_limit():
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == host.open_files_most(os.getpid())
    assert host.open_files_most(NOBODY) is None


def test_the_environment_is_the_one_that_a_process_was_started_with(monkeypatch):
    before = host.environment_of(os.getpid())
    monkeypatch.setenv("SET_LATER", "1")
    assert before == host.environment_of(os.getpid())
    assert {} == host.environment_of(NOBODY)
