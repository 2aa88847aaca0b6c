"""Which HAProxy runs."""

from __future__ import annotations

import os

import pytest

from verdigris.adapters.routers.haproxy.binary import bundled, threads


def test_the_one_that_came_with_us_can_be_run_whatever_the_environment_says(monkeypatch, tmp_path):
    before = bundled()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert before == bundled()
    assert before.is_absolute()
    assert os.access(before, os.X_OK)


@pytest.mark.parametrize(
    ("processors", "ours"), [(None, 1), (1, 1), (2, 1), (7, 1), (8, 2), (16, 4), (64, 16)]
)
def test_the_router_takes_a_quarter_of_the_machine(monkeypatch, processors, ours):
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert ours == threads()
