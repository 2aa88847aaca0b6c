"""One command of the user's own tool, run to its end: no shell, nothing to type into, bounds on time and on output.

What it prints is shown to people, so passwords and the data that a database puts into its errors are cut out of it.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from verdigris.core.errors import ActionError, ConfigError

__all__ = ["Answer", "ask", "clean"]

OUTPUT_MAX = 4 * 1024 * 1024
"""Bytes that are kept of what it prints; the rest is read and thrown away, so that it never has to wait."""
SAID_LINES, SAID_MAX = 12, 2000
"""How much of it is in a message."""
GRACE = 10.0
"""Seconds to end after SIGTERM: enough to tell its server to stop the statement that runs."""
SECRET_MIN = 4
"""Characters that a password has at least for being looked for: an `a` is everywhere."""
LOGIN = re.compile(r"(?<=://)[^\s/@'\"]*(?=@)")
WORD = re.compile(r"\b(password\s*[=:]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s&,;)]+)", re.IGNORECASE)
DATA = re.compile(r"^\s*(?:DETAIL|CONTEXT|parameters|\[parameters)\s*:.*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, the beginning of it if that is long, and how it ended: 0 is well."""

    code: int
    out: str
    err: str

    def said(self, secrets: Iterable[str] = ()) -> str:
        """Its last words for a message, without secrets and without data."""
        lines = clean(self.err.strip() or self.out.strip(), secrets).splitlines()
        last = "\n".join(line.rstrip() for line in lines if line.strip()).splitlines()[-SAID_LINES:]
        return "\n".join(last)[-SAID_MAX:] or "(it said nothing)"


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """Without passwords, and without the values that PostgreSQL and SQLAlchemy add to their errors."""
    for secret in secrets:
        text = text.replace(secret, "***") if len(secret) >= SECRET_MIN else text
    return DATA.sub("", WORD.sub(r"\1***", LOGIN.sub("***", text)))


def ask(
    words: Iterable[str], directory: Path, environ: Mapping[str, str], within: float, lock: int = 0
) -> Answer:
    """Run it in that directory. ConfigError if there is no such program, ActionError if it is not done `within` s.

    It outlives us if we are killed, and then holds what was locked with the descriptor `lock`.
    """
    argv = tuple(words)
    try:
        process = subprocess.Popen(
            argv, cwd=directory, env=dict(environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            pass_fds=(lock,) if lock else (),
        )  # fmt: skip
    except OSError as error:
        where = "" if directory.is_dir() else f" (the directory {directory} is not there)"
        raise ConfigError(
            f"{argv[0]}: cannot be started: {error.strerror or error}{where}; correct schema.command"
        ) from error
    readers = [Reader(process.stdout), Reader(process.stderr)]
    try:
        code = process.wait(within)
    except subprocess.TimeoutExpired:
        raise ActionError(
            f"{argv[0]} was not done within {within:g} s and was ended; what it had not committed is undone. "
            "See what it waits for in pg_stat_activity"
        ) from None
    finally:
        end(process)
        out, err = (reader.text() for reader in readers)
    return Answer(code, out, err)


def end(process: subprocess.Popen[bytes]) -> None:
    """It, and whoever it started in its session: what it leaves behind would hold our lock."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


class Reader:
    """Reads a pipe for as long as somebody writes to it, and keeps the beginning."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        if pipe is None:
            raise ValueError("there is no pipe to read")
        self._pipe, self._kept = pipe, bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """What was kept. Somebody whom the command left behind may hold the pipe open: that is not waited for."""
        self._thread.join(GRACE)
        if not self._thread.is_alive():
            self._pipe.close()
        return bytes(self._kept).decode("utf-8", "replace")

    def _read(self) -> None:
        while part := os.read(self._pipe.fileno(), 65536):
            self._kept += part[: max(0, OUTPUT_MAX - len(self._kept))]
