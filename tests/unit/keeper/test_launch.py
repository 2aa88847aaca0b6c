"""Before a process is started, and why it cannot be."""

from __future__ import annotations

import errno
from dataclasses import replace

import pytest

from verdigris.keeper.ground import Ground
from verdigris.keeper.journal import Instance, Slot
from verdigris.keeper.launch import log_of, prepared, router_log_of, runnable, why_not
from verdigris.keeper.protocol import Spec
from verdigris.keeper.restarts import Tuning


@pytest.fixture
def ground(tmp_path) -> Ground:
    for name in ("logs", "router"):
        (tmp_path / name).mkdir()
    return Ground(tmp_path, Tuning(log_most_bytes=10), 0o077)


def test_every_log_has_its_place(ground):
    assert ground.state / "logs" / "blue-1.log" == log_of(ground, "blue-1")
    assert ground.state / "router" / "haproxy.log" == router_log_of(ground)


def test_a_record_knows_where_the_words_of_its_process_begin(ground):
    log_of(ground, "blue-1").write_text("earlier\n")
    before = Instance("blue-1", "mark")
    assert replace(before, port=20001, since=5.0, log_from=8) == prepared(ground, before, 20001, 5.0)


def test_a_log_that_is_too_long_is_put_aside_before_a_start(ground):
    log_of(ground, "blue-1").write_text("x" * 20)
    assert 0 == prepared(ground, Instance("blue-1", "mark"), 20001, 5.0).log_from
    assert 10 == (ground.state / "logs" / "blue-1.log.1").stat().st_size


@pytest.mark.parametrize(
    ("number", "helps"),
    [(errno.ENOENT, False), (errno.EACCES, False), (errno.EAGAIN, True), (errno.ENOMEM, True)],
)
def test_trying_again_helps_only_where_it_could(number, helps):
    assert helps is runnable(OSError(number, "x"))


def test_a_command_that_cannot_be_run_names_itself_and_the_key():
    slot = Slot("blue", "k", 1, 1, 1, Spec("v1", "d", "/r", ("serve", "x")))
    error = FileNotFoundError(errno.ENOENT, "No such file or directory")
    said = "'serve' cannot be run in /r: No such file or directory; correct `run.command`"
    assert said == why_not(slot, error)
