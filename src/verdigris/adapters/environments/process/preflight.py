"""The checklist before instances of a release start beside those that serve: is there room, and is all there?

It only looks. Every line says what was found and what is needed, passed or not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from verdigris.adapters.environments.process import host
from verdigris.adapters.environments.process.names import Names
from verdigris.adapters.environments.process.references import missing_file
from verdigris.adapters.environments.words import shown
from verdigris.core.world import Check, Release
from verdigris.keeper.digest import Memory
from verdigris.keeper.observed import Observed
from verdigris.keeper.ports import Evidence, span
from verdigris.keeper.protocol import KeeperError

__all__ = ["Question", "checklist"]

MIB = 1 << 20
LOGS_MOST = 20 * MIB
"""What one instance's two log files can grow to."""

DISK_LEAST = 64 * MIB
ENTRIES_LEAST = 1000
FILES_LEAST = 1024
"""Open files that a process of an API may want: a connection is one."""

MEMORY_LEAST = 32 * MIB
"""What an instance is taken to need when none runs yet that could be measured."""

FALLBACK_PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Question:
    """What the checklist is gone through for. What other apps take is taken from what is free; what one instance of
    this app takes is measured on its own."""

    release: Release
    count: int
    state: Path
    app: str
    keeper: Observed
    memory: Memory


def checklist(question: Question) -> tuple[Check, ...]:
    """All lines of the list, in the order in which they are shown."""
    lines: tuple[tuple[str, Callable[[Question], tuple[bool, str]]], ...] = (
        ("keeper", _keeper),
        ("release", _release),
        ("command", _command),
        ("variables", _variables),
        ("memory", _memory),
        ("open files", _open_files),
        ("disk", _disk),
        ("ports", _ports),
    )
    return tuple(Check(name, *look(question)) for name, look in lines)


def _keeper(q: Question) -> tuple[bool, str]:
    trouble = q.keeper.keeper.sentence
    return not trouble, trouble or f"the keeper runs as {q.keeper.keeper.pid}"


def _release(q: Question) -> tuple[bool, str]:
    release = q.release
    try:
        found = q.memory.digest(Path(release.directory))
    except OSError as error:
        return False, f"{release.directory} cannot be read: {error.strerror}. Deploy {release.version} again"
    if found != release.digest:
        return (
            False,
            f"{release.directory} was changed since {release.version} was made. Remove it and deploy again",
        )
    return True, f"{release.version} is as it was made ({found.removeprefix('sha256:')[:12]})"


def _command(q: Question) -> tuple[bool, str]:
    release, word = q.release, q.release.command[0]
    program = os.path.join(release.directory, word) if "/" in word else shutil.which(word, path=_path(q))
    if program is None or not os.path.isfile(program):
        return (
            False,
            f"{shown(word)} is not to be found for {release.version}. Correct `run.command` or `run.build`",
        )
    if not os.access(program, os.X_OK):
        return False, f"{program} is not executable. `chmod +x` it, or correct `run.command`"
    interpreter = _interpreter(program)
    if interpreter and not os.path.exists(interpreter):
        return (
            False,
            f"{program} needs {interpreter}, which does not exist. Correct its first line or `run.build`",
        )
    return True, f"{word} is {program}" if program != word else f"{word} can be run"


def _path(q: Question) -> str:
    """Where an instance looks for programs: its own PATH, else the keeper's."""
    return (
        dict(q.release.env).get("PATH")
        or host.environment_of(q.keeper.keeper.pid).get("PATH")
        or FALLBACK_PATH
    )


def _interpreter(program: str) -> str:
    """The interpreter that a script names by its whole path; "" for everything else."""
    with open(program, "rb") as file:
        head = file.read(256)
    first = head[2:].partition(b"\n")[0].split() if head.startswith(b"#!") else []
    return os.fsdecode(first[0]) if first and first[0].startswith(b"/") else ""


def _variables(q: Question) -> tuple[bool, str]:
    """Files only: variables were looked for by whoever deploys, and the keeper tells no names."""
    missing = missing_file(q.release)
    return not missing, missing or "every file that is referred to is there"


def _memory(q: Question) -> tuple[bool, str]:
    free, each = host.memory_free(), max(_each(q), default=0)
    if free is None:
        return True, "this machine does not say how much memory is free"
    need = q.count * max(each, MEMORY_LEAST)
    measured = f"one takes {_mib(each)} now" if each else "none runs yet to measure"
    found = f"{_mib(free)} of memory are free, {q.count} more instances need about {_mib(need)} ({measured})"
    return free >= need, found if free >= need else f"{found}. Free some, or lower `run.instances`"


def _each(q: Question) -> Iterator[int]:
    """What each running instance of the app takes, with all processes of its session."""
    everybody = host.sessions()
    for slot in Names(q.app).slots(q.keeper).values():
        yield from (host.memory_of(everybody.get(i.pid, ())) for i in slot.instances if i.pid)


def _open_files(q: Question) -> tuple[bool, str]:
    most = host.open_files_most(q.keeper.keeper.pid)
    if most is None:
        return True, "how many files a process may open cannot be seen"
    enough = most < 0 or most >= FILES_LEAST
    found = f"a process may have {'any number of' if most < 0 else most} files open"
    return (
        enough,
        found if enough else f"{found}, {FILES_LEAST} are needed. Raise `ulimit -n` and restart the keeper",
    )


def _disk(q: Question) -> tuple[bool, str]:
    room, need = host.room(q.state), DISK_LEAST + q.count * LOGS_MOST
    found = f"{_mib(room.free)} are free on the disk of {q.state}, {_mib(need)} are needed"
    if room.free < need:
        return False, f"{found}. Make room"
    if room.entries is not None and room.entries < ENTRIES_LEAST:
        return False, f"the disk of {q.state} has room for {room.entries} more files only. Remove some"
    return True, found


def _ports(q: Question) -> tuple[bool, str]:
    try:
        numbers = span()
    except KeeperError as error:
        return False, error.sentence
    free = len(numbers) - sum(port in numbers for port in Evidence().listening())
    found = f"{free} ports are free from {numbers.start} to {numbers.stop - 1}, {q.count} are needed"
    return free >= q.count, found if free >= q.count else f"{found}. Stop what listens there"


def _mib(size: int) -> str:
    return f"{size / MIB:,.0f} MiB"
