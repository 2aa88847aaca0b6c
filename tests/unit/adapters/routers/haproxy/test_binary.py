"""Which HAProxy runs."""

from __future__ import annotations

import os

from verdigris.adapters.routers.haproxy.binary import bundled


def test_the_one_that_came_with_us_can_be_run_whatever_the_environment_says(monkeypatch, tmp_path):
    before = bundled()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert before == bundled()
    assert before.is_absolute()
    assert os.access(before, os.X_OK)
