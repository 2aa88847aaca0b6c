"""The logs of a house: which files they are, and their last lines. It reads only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.bootstrap.house import CONTROLLER_LOG
from verdigris.core.errors import Refused

if TYPE_CHECKING:
    from verdigris.bootstrap.house import House

__all__ = ["log_files", "tail"]

OWN = {"router": "router/haproxy.log", "keeper": "keeper.log", "controller": CONTROLLER_LOG}
TAIL_MOST = 256 << 10


def log_files(house: House, name: str) -> list[Path]:
    """The files of an instance (`blue-1`), a slot, `router`, `keeper` or `controller`; `Refused` for anything else."""
    if name in OWN:
        return [house.state / OWN[name]]
    slot, _, number = name.partition("-")
    if slot not in ("blue", "green") or not (number.isdecimal() or name == slot):
        raise Refused(f"there is no log of {name!r}: blue, green, blue-1, router, keeper, controller")
    found = (house.state / "logs").glob(f"{house.app}.{slot}-{number or '*'}.log")
    return sorted(found, key=lambda path: (len(path.name), path.name))


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a file, at most 256 KiB of it."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - TAIL_MOST, 0))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return []
