"""What a person at a terminal gets: drawings in place, colours, and the terminal back as it was."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path

from tests.waiting import eventually_sync

SCRIPT = Path(__file__).with_name("at_a_terminal.py")
ROOT = Path(__file__).parents[3]
END = "<nothing more>"


class Terminal:
    """A verb at a terminal of 100 columns and 32 rows."""

    def __init__(self, state: Path, *arguments: str) -> None:
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 32, 100, 0, 0))
        os.set_blocking(self.ours, False)
        self.before = termios.tcgetattr(theirs)
        paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        environ = os.environ | {"TERM": "xterm-256color", "PYTHONPATH": paths}
        for name in ("COLUMNS", "LINES", "NO_COLOR"):
            environ.pop(name, None)
        command = [sys.executable, str(SCRIPT), str(state), *arguments]
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
        self.theirs = theirs
        self.said = ""

    def read(self) -> str:
        with contextlib.suppress(BlockingIOError):
            self.said += os.read(self.ours, 1 << 16).decode(errors="replace")
        return self.said

    def wait_for(self, text: str) -> None:
        eventually_sync(lambda: text in self.read(), f"{text!r} on the terminal")

    def ended(self) -> int:
        """The exit code, when all that was said is read: what we write ourselves comes behind it."""
        eventually_sync(
            lambda: self.read() is not None and self.process.poll() is not None, "the verb to end"
        )
        os.write(self.theirs, END.encode())
        self.wait_for(END)
        return self.process.returncode

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


def test_watch_is_left_with_q_and_the_terminal_is_as_before(tmp_path):
    with contextlib.closing(Terminal(tmp_path, "watch")) as terminal:
        terminal.wait_for("q leaves, all goes on")
        terminal.wait_for("╭─ ")
        os.write(terminal.ours, b"q")
        assert 0 == terminal.ended()
        assert "\x1b[?1049h" in terminal.said  # the other screen was taken
        assert "\x1b[?1049l" in terminal.said  # and given back
        assert terminal.before == termios.tcgetattr(terminal.theirs)


def test_watch_is_left_with_ctrl_c(tmp_path):
    with contextlib.closing(Terminal(tmp_path, "watch")) as terminal:
        terminal.wait_for("q leaves, all goes on")
        terminal.process.send_signal(2)
        assert 0 == terminal.ended()
        assert "\x1b[?1049l" in terminal.said
        assert "Traceback" not in terminal.said


def test_deploy_is_drawn_in_place_and_its_table_stays(tmp_path):
    with contextlib.closing(Terminal(tmp_path, "deploy")) as terminal:
        assert 0 == terminal.ended()
        assert "Ctrl-C leaves it running" in terminal.said
        last = terminal.said.rpartition("verdigris deploy ")[2]
        assert "Ctrl-C leaves it running" not in last
        assert "bake" in last
        assert "2.0 serves, now in stabilize" in last
        assert "\x1b[32m" in last


def test_without_colours_nothing_is_coloured(tmp_path):
    with contextlib.closing(Terminal(tmp_path, "deploy", "--no-color")) as terminal:
        assert 0 == terminal.ended()
        assert "\x1b[32m" not in terminal.said
        assert "\x1b[1;3" not in terminal.said
