"""The systemd units of a house: whose they are, and their texts. Nothing is written."""

from __future__ import annotations

import os
import pwd
import sys
from typing import TYPE_CHECKING

from verdigris.keeper.systemd import units

if TYPE_CHECKING:
    from verdigris.bootstrap.house import House

__all__ = ["install_units", "owner"]


def install_units(house: House) -> dict[str, str]:
    """The units by name."""
    return units(house.state, house.config, sys.executable, owner(house))


def owner(house: House) -> str:
    """Whose services these are: the state directory's owner, or whoever called sudo, or this user."""
    if house.state.exists():
        return pwd.getpwuid(house.state.stat().st_uid).pw_name
    return os.environ.get("SUDO_USER") or pwd.getpwuid(os.geteuid()).pw_name
