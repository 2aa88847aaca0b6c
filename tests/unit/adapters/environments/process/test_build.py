"""One step after the other: what is told of them, how they end, and that nothing of them goes on."""

import os
import sys
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris.adapters.environments.process.build import BuildFailed, build, build_environment


def run(*steps, where: Path, within=30.0) -> list[str]:
    said: list[str] = []
    build(steps, where, build_environment(os.environ, "v1"), within, said.append)
    return said


def test_lines_come_as_they_are_and_control_characters_are_escaped(tmp_path):
    said = run(("printf", "one\\n\\033[31mred\\r50%%\\rdone"), where=tmp_path)
    assert ["one", "\\x1b[31mred", "50%", "done"] == said[1:]
    assert "printf" in said[0]


def test_no_shell_reads_a_step(tmp_path):
    assert "$HOME;&|`id`" == run(("echo", "$HOME;&|`id`"), where=tmp_path)[1]


def test_a_line_without_an_end_is_cut_and_nothing_is_kept_of_it_in_memory(tmp_path):
    said = run((sys.executable, "-c", "print('x' * 5_000_000)"), where=tmp_path)
    assert max(map(len, said)) <= 2001


def test_a_step_that_does_not_exist_is_said_so(tmp_path):
    with pytest.raises(BuildFailed, match="`nowhere --x` cannot be run: No such file or directory") as failed:
        run(("nowhere", "--x"), where=tmp_path)
    assert failed.value.exit_code is None


def test_a_signal_is_said_to_be_one(tmp_path):
    with pytest.raises(BuildFailed, match="died of signal 9"):
        run(("sh", "-c", "kill -9 $$"), where=tmp_path)


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path):
    step = ("sh", "-c", "sleep 600 & echo $!; wait")
    with pytest.raises(BuildFailed, match="did not end within 3 s") as failed:
        run(step, where=tmp_path, within=3.0)  # by then it has said whom it started
    eventually_sync(lambda: dead(int(failed.value.tail[0])), "the child of the step dead")


def test_a_process_that_a_step_leaves_behind_neither_delays_it_nor_lives_on(tmp_path):
    said = run(("sh", "-c", "sleep 600 & echo $!"), ("echo", "next"), where=tmp_path)
    assert "next" == said[-1]
    eventually_sync(lambda: dead(int(said[1])), "what it left behind dead")


def test_a_failing_step_is_the_last(tmp_path):
    with pytest.raises(BuildFailed):
        run(("false",), ("touch", "never"), where=tmp_path)
    assert [] == list(tmp_path.iterdir())


def test_proxies_and_installers_settings_are_passed_on_and_nothing_else():
    given = {
        "PATH": "/p",
        "https_proxy": "x",
        "UV_CACHE_DIR": "y",
        "npm_config_registry": "r",
        "npm_config_local_prefix": "q",
        "AWS_SECRET_ACCESS_KEY": "z",
        "LD_PRELOAD": "w",
    }
    passed = build_environment(given, "v1")
    assert {
        "PATH",
        "LANG",
        "https_proxy",
        "UV_CACHE_DIR",
        "UV_LINK_MODE",
        "npm_config_registry",
        "VERDIGRIS_RELEASE",
    } == passed.keys()


def dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True
