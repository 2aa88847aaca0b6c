"""How a release is made and run, and what it is called: the same files, run otherwise, are another release."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from verdigris.core.errors import ConfigError

__all__ = ["IDENTITY", "Recipe", "checked", "identify", "is_version"]

VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
TAKEN_ENDINGS = (".json", ".building")

IDENTITY = ".verdigris-release"
"""In every release: its name, and a hash of how it is built and run. So two of the same files have two digests."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a release is made and run. `source` None: the git repository of `directory`; `version` None: its commit."""

    directory: Path
    command: tuple[str, ...]
    source: Path | None = None
    build: tuple[tuple[str, ...], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    grace: float = 10.0
    api_version: str = "1.0.0"
    version: str | None = None
    build_within: float = 1800.0

    def digest(self) -> str:
        """A hash of all that is not in the files."""
        parts = (self.command, self.build, self.env, self.grace, self.api_version)
        return f"sha256:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def is_version(word: str) -> bool:
    """Whether a release may be called so."""
    return VERSION.fullmatch(word) is not None and not word.endswith(TAKEN_ENDINGS)


def checked(version: str) -> str:
    """The version, when it may be one. ConfigError otherwise."""
    if not is_version(version):
        raise ConfigError(
            f"version {version[:80]!r} must be 1-64 letters, digits, dots, _ and -, beginning with a letter"
            f" or digit, and not end with {' or '.join(TAKEN_ENDINGS)}. Give another one with --version"
        )
    return version


def identify(place: Path, version: str, recipe: Recipe) -> None:
    """Write into a release which one it is."""
    path = place / IDENTITY
    if path.is_symlink():  # never written through
        path.unlink()
    path.write_text(json.dumps({"version": version, "recipe": recipe.digest()}) + "\n")
