"""The door of this room: the path of a verdigris.yaml in, settings out, or a `ConfigError` that says what to edit.

PyYAML and pydantic are imported when a file is read and not before: `verdigris status` has no use for them.
"""

from __future__ import annotations

import os

from verdigris.config.settings import Settings
from verdigris.core.errors import ConfigError

__all__ = ["load_apps", "load_config", "parse_config"]


def load_config(path: str | os.PathLike[str], app: str | None = None) -> Settings:
    """The settings of one app; `app` says which where the file has several."""
    found = {settings.app: settings for settings in load_apps(path)}
    if app is None and len(found) == 1:
        return next(iter(found.values()))
    if app in found:
        return found[app]
    known = ", ".join(found)
    if app is None:
        raise ConfigError(
            f"{os.fspath(path)}: apps: has {len(found)} apps ({known}). Say which one is meant."
        )
    raise ConfigError(f"{os.fspath(path)}: has no app {app!r}. It has: {known}.")


def load_apps(path: str | os.PathLike[str]) -> tuple[Settings, ...]:
    """The settings of every app in the file, in its order."""
    from verdigris.config.loader import read
    from verdigris.config.reading import settings_in

    return settings_in(read(path), os.path.dirname(os.path.abspath(path)))


def parse_config(data: bytes, name: str = "verdigris.yaml", directory: str = ".") -> tuple[Settings, ...]:
    """The settings of every app in a file's content, as if it stood in `directory`."""
    from verdigris.config.loader import parse
    from verdigris.config.reading import settings_in

    return settings_in(parse(data, name), directory)
