"""What is told about a record and its process."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris.keeper.children import Child, identity_of
from verdigris.keeper.journal import Instance, Router
from verdigris.keeper.looks import instance_seen, router_seen
from verdigris.keeper.observed import State
from verdigris.keeper.ports import Evidence

BLUE = Instance("blue-1", "m", State.RUNNING, port=20001, exit_code=3, log_from=8)
ROUTER = Router(("haproxy",), "/", ("127.0.0.1:80",), (), 1.0, "m", exit_code=1)


@pytest.fixture
def log(tmp_path) -> Path:
    path = tmp_path / "blue-1.log"
    path.write_text("earlier\nTraceback\nlast\n")
    return path


@pytest.fixture
def child() -> Iterator[Child]:
    """A process that waits for its standard input to end."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    found = Child.adopt(identity_of(process.pid))
    assert found is not None
    yield found
    process.kill()
    process.wait()
    assert process.stdin is not None
    process.stdin.close()
    os.close(found.pidfd)


def test_one_that_runs_has_a_pid_and_neither_exit_code_nor_last_words(child, log):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # so that nobody listens there meanwhile
        seen = instance_seen(replace(BLUE, port=held.getsockname()[1]), child, Evidence(), log)
    assert (True, child.identity.pid) == (seen.alive, seen.pid)
    assert (None, ()) == (seen.exit_code, seen.log_tail)
    assert seen.owns_port is None


def test_one_that_is_gone_has_its_exit_code_and_the_words_since_its_start(log):
    seen = instance_seen(replace(BLUE, state=State.BACKOFF), None, Evidence(), log)
    assert (False, None, 3, ("Traceback", "last")) == (seen.alive, seen.pid, seen.exit_code, seen.log_tail)


def test_a_process_that_died_a_moment_ago_is_not_alive(child, log):
    os.kill(child.identity.pid, 9)
    eventually_sync(child.dead, "the process dead")
    assert not instance_seen(BLUE, child, Evidence(), log).alive


def test_a_port_that_was_never_given_is_none(log):
    assert instance_seen(replace(BLUE, port=0), None, Evidence(), log).port is None


def test_a_router_tells_its_door_and_its_last_words_once_it_is_gone(child, log):
    alive = router_seen(ROUTER, child, (7,), True, log)
    assert (True, (7,), ("127.0.0.1:80",), True, ()) == (
        alive.alive,
        alive.leaving,
        alive.listen,
        alive.holds_sockets,
        alive.log_tail,
    )
    gone = router_seen(ROUTER, None, (), True, log)
    assert (False, None, "last") == (gone.alive, gone.pid, gone.log_tail[-1])
