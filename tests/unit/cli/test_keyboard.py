"""Single keys. What a real terminal looks like afterwards is seen in `test_terminal`."""

from __future__ import annotations

import os
import sys

import pytest

from verdigris.cli import keyboard
from verdigris.cli.keyboard import keys


@pytest.fixture
def pipe():
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def test_a_key_that_was_pressed_is_there_at_once(pipe):
    os.write(pipe[1], b"q")
    assert "q" == keyboard.key(pipe[0], 20.0)


def test_without_a_key_the_wait_is_over_some_time(pipe):
    assert "" == keyboard.key(pipe[0], 0.0)


def test_where_nobody_can_type_it_only_waits(monkeypatch):
    with open(os.devnull) as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        with keys() as pressed:
            assert "" == pressed(0.0)
