"""A PostgreSQL of our own for as long as a block lasts: a directory, a unix socket, no network, no root.

Nothing of it outlives the block: not after an error, Ctrl-C or SIGTERM, and what a SIGKILL leaves behind is removed by
the next one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from verdigris.core.errors import ActionError
from verdigris.schema.shadow import home as homes
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.owner import Owner, owner, within_reach
from verdigris.schema.shadow.production import Production
from verdigris.schema.shadow.programs import Programs, at, chosen, unlike
from verdigris.schema.shadow.server import Server

__all__ = ["embedded", "told_to_end"]

WITHIN = 60.0
"""Seconds that each step of starting may take."""
LOOK = 0.01
"""Seconds between two looks at whether it is ready."""
SAID_MOST = 3
"""Lines of what a program said that go into an error: the last ones."""
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "min_wal_size": "32MB",
    "max_wal_size": "128MB",
    "max_wal_senders": "0",
    "max_connections": "30",
    "shared_buffers": "32MB",
    # A big migration in one transaction holds a lock for each table, index and sequence.
    "max_locks_per_transaction": "1024",
    # In its own directory, so that nothing is left in /dev/shm by one that was killed.
    "dynamic_shared_memory_type": "mmap",
    "autovacuum": "off",
    "jit": "off",
    # Statements have people's data in them; the log is for why it does not start.
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "logging_collector": "off",
}
OWNER = "verdigris"
ROOM = 16 * 1024 * 1024
"""Bytes that the server needs to go on: a file of its log of changes."""
FULL = "the disk is full where the shadow is made: make room, or set TMPDIR to a place with 200 MB"


@contextmanager
def embedded(programs: Programs | Path | None = None, *, like: Production | None = None) -> Iterator[Server]:
    """A new, empty server, removed afterwards; made by these programs, else by the best there are for `like`.

    `like` is the production that it stands for: its encoding, its order of text and those settings that change what
    statements mean are taken over. A ConfigError without programs, an ActionError when it does not start.
    """
    found = at(programs) if isinstance(programs, Path) else programs or chosen(like.major if like else None)
    who = owner()
    with told_to_end(), homes.made(who) as home:
        process = began(home, within_reach(found.directory, who, home), who)
        try:
            where = address(home)
            with Database(where, "postgres").connected() as connection:
                version = connection.info.server_version
            yield Server(where, version, notes=noted(found, like), like=like)
        except ActionError as error:
            # It may have died of it, and whoever was connected has only seen that it went away.
            if shutil.disk_usage(home).free < ROOM:
                raise ActionError(FULL) from error
            raise
        finally:
            stop(process)


def noted(found: Programs, like: Production | None) -> tuple[str, ...]:
    """In what the server is unlike that production, whoever chose it."""
    other = unlike(found.major, like.major) if like and like.major != found.major else ""
    return tuple(filter(None, [found.note or other]))


def address(home: Path) -> tuple[tuple[str, str], ...]:
    """The server as libpq's keywords. What is empty is there against PGHOSTADDR and PGOPTIONS of whoever runs us."""
    return (("host", str(home)), ("port", "5432"), ("user", OWNER), ("hostaddr", ""), ("options", ""))


@contextmanager
def told_to_end() -> Iterator[None]:
    """SIGTERM unwinds the block instead of ending the process where it stands, unless somebody else hears it."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _unwind(number: int, frame: FrameType | None) -> NoReturn:
    # Once: a second one must not interrupt the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)


def began(home: Path, programs: Path, who: Owner) -> subprocess.Popen[bytes]:
    """Make the cluster and start its server; it is ready when this returns."""
    data = home / homes.DATA
    run([programs / "initdb", "--pgdata", data, f"--username={OWNER}", "--auth=trust", "--no-sync", "--no-locale",
         "--encoding=UTF8"], who)  # fmt: skip
    settings = SETTINGS | {"unix_socket_directories": str(home), "unix_socket_permissions": "0700"}
    words: list[Path | str] = [
        programs / "postgres",
        "-D",
        data,
        *(f"--{name}={value}" for name, value in settings.items()),
    ]
    log = home / "log"
    with log.open("wb") as out:
        process = started(words, who, out)
    try:
        wait_until_ready(process, data / "postmaster.pid", log)
    except BaseException:
        stop(process)
        raise
    return process


def started(words: list[Path | str], who: Owner, out: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """A program in a session of its own: Ctrl-C is for us to hear, and we end it."""
    try:
        return subprocess.Popen(
            words, env=environ(), cwd="/", stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            start_new_session=True, **who.words(),
        )  # fmt: skip
    except OSError as error:
        raise ActionError(
            f"{words[0]} could not be run for the shadow: {error.strerror}. "
            "Is this user allowed to run programs as another one?"
        ) from error


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server at once, with all that it started: nothing in it is worth a checkpoint."""
    process.send_signal(signal.SIGQUIT)
    try:
        process.wait(homes.END_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], papers: Path, log: Path) -> None:
    """Until the server writes into its papers that it is ready. An ActionError when it ends or takes too long."""
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        try:
            process.wait(LOOK)
        except subprocess.TimeoutExpired:
            if ready(papers):
                return
        else:
            raise ActionError(failed("postgres", log.read_bytes()))
    raise ActionError(f"the shadow was not ready within {WITHIN:.0f} s: is this machine very busy?")


def ready(papers: Path) -> bool:
    """Whether the eighth line says so, as `pg_ctl` looks at it."""
    try:
        lines = papers.read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def run(words: list[Path | str], who: Owner) -> None:
    """One program to its end, and none of what it started is left when we are interrupted."""
    process = started(words, who, subprocess.PIPE)
    try:
        output, _ = process.communicate(timeout=WITHIN)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise ActionError(f"{Path(words[0]).name} of the shadow took more than {WITHIN:.0f} s") from error
        raise
    if process.returncode:
        raise ActionError(failed(Path(words[0]).name, output))


def failed(program: str, output: bytes) -> str:
    """The sentence on a program that failed: why, in its last words, or that the disk is full."""
    said = output.decode(errors="replace").strip()
    if "No space left on device" in said:
        return FULL
    return f"{program} of the shadow failed: {' '.join(said.splitlines()[-SAID_MOST:]) or 'it said nothing'}"


def environ() -> dict[str, str]:
    """Without what would speak to another server, and with messages in the words that we know."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    # With a zone that is named, initdb does not look for ours in a thousand files.
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
