"""The references in a release's variables: which there are, which have a value, and the values that travel.

A value is handed from the environment of whoever deploys to the keeper's memory, and nowhere else: it is never in
a release, a database, a log or a message.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from verdigris.core.world import Release

__all__ = ["secrets_for", "unresolved"]


def secrets_for(release: Release, environ: Mapping[str, str]) -> dict[str, str]:
    """The values of the `env:NAME` references that this environment has, by NAME."""
    return {name: environ[name] for _, name in _named(release, "env") if name in environ}


def unresolved(release: Release, names: Collection[str]) -> str:
    """The first reference without a value, as a sentence; `names` are the variables that somebody has. "" for none."""
    for key, name in _named(release, "env"):
        if name not in names:
            return f"{key} needs the variable {name}, which has no value here. Export {name} and deploy again"
    for key, path in _named(release, "file"):
        if not Path(path).is_file():
            return (
                f"{key} is to be read from {path}, which is no file. Correct the reference, or write the file"
            )
    return ""


def _named(release: Release, kind: str) -> list[tuple[str, str]]:
    """(variable, what it refers to) of every reference of one kind."""
    before = f"{kind}:"
    return [(key, value.removeprefix(before)) for key, value in release.env if value.startswith(before)]
