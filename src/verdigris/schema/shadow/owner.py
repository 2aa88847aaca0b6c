"""Who runs the shadow: ourselves, or, where we are root, somebody who owns nothing but the shadow's directory.

PostgreSQL refuses to run as root. No user is made and no mode of what is not ours is changed: programs that the
other user cannot come to are copied.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verdigris.core.errors import ConfigError

__all__ = ["Owner", "give", "owner", "reachable", "within_reach"]

UNPRIVILEGED = ("verdigris", "nobody", "postgres")
"""In this order: a migration can run programs as the server's user, and `postgres` may own a production."""
WANTED = ("postgres", "initdb")
LIBRARIES = ".libs"
"""What auditwheel puts beside a package: the libraries that those of the package look for there."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A user of this machine. `other` is whether it is another than the one that this process runs as."""

    uid: int
    gid: int
    other: bool

    def words(self) -> dict[str, Any]:
        """For `subprocess`: be that user with its group alone. Without it root's groups would stay."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}


def owner() -> Owner:
    """Who the shadow belongs to. A ConfigError when we are root and there is nobody else to be."""
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid(), other=False)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return Owner(entry.pw_uid, entry.pw_gid, other=True)
    raise ConfigError(
        f"the shadow does not run as root, and of {', '.join(UNPRIVILEGED)} no user is there: "
        "run it as another user, or name an empty database of another server as the shadow"
    )


def within_reach(programs: Path, who: Owner, home: Path) -> Path:
    """The directory of the programs, or of a copy below `home` where that user cannot come to them."""
    programs = programs.resolve()
    if not who.other or (reachable(programs, who) and reachable(programs / "postgres", who)):
        return programs
    # As deep as in the package, so that what is looked for relative to the programs is found.
    package = programs.parents[1]
    kept = home / "programs" / package.name / programs.parent.name
    for part in programs.parent.iterdir():
        _copy(part, kept / part.name)
    beside = package.with_name(package.name + LIBRARIES)
    if beside.is_dir():
        shutil.copytree(beside, home / "programs" / beside.name)
    give(home / "programs", who)
    return kept / programs.name


def give(root: Path, who: Owner) -> None:
    """Make what was written below it that user's."""
    for directory, _, files in os.walk(root):
        for path in (directory, *(os.path.join(directory, name) for name in files)):
            os.chown(path, who.uid, who.gid, follow_symlinks=False)


def reachable(path: Path, who: Owner) -> bool:
    """Whether that user may read it and go through all that is above it."""
    try:
        return _allowed(path.stat(), who, 0o5) and all(
            _allowed(above.stat(), who, 0o1) for above in path.resolve().parents
        )
    except OSError:
        return False


def _copy(part: Path, to: Path) -> None:
    """Of the programs what is needed, all of the libraries and of what is shared, none of the headers."""
    if part.name == "bin":
        to.mkdir(parents=True)
        for name in WANTED:
            shutil.copy2(part / name, to / name)
    elif part.is_dir() and part.name in ("lib", "share"):
        shutil.copytree(part, to, symlinks=True)


def _allowed(status: os.stat_result, who: Owner, bits: int) -> bool:
    """`bits` as of one of the three classes of a mode: 4 reads, 1 goes through or runs."""
    mode = stat.S_IMODE(status.st_mode)
    if status.st_uid == who.uid:
        return (mode >> 6) & bits == bits
    if status.st_gid == who.gid:
        return (mode >> 3) & bits == bits
    return mode & bits == bits
