"""Node and npm for tests that need them, and an example of the house with what it needs from npm."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["EXPRESS", "installed_in", "needs_node"]

EXPRESS = Path(__file__).parents[1] / "examples" / "express-orders"
NOT_TAKEN = shutil.ignore_patterns("node_modules", "*.jsonl", "behaviour.json")
WITHIN = 90.0
"""Seconds for what a warm cache has in two."""


def needs_node() -> None:
    """Skip where there is none; what the runner could not install is named at the end."""
    for command, package in (("node", "nodejs"), ("npm", "npm")):
        if not shutil.which(command):
            pytest.skip(f"needs the Debian package {package}")


def installed_in(place: Path) -> Path:
    """The Express example in a directory of its own, its packages installed as a release would."""
    needs_node()
    shutil.copytree(EXPRESS, place, ignore=NOT_TAKEN)
    command = ["npm", "ci", "--omit=dev"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=WITHIN, check=False)
    assert 0 == done.returncode, f"{done.stdout}\n{done.stderr}"
    return place
