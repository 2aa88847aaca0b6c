"""The references in a release's variables: handed to the keeper by whoever deploys, and looked at before a start.

A value goes from the environment of the deploying shell into the keeper's memory, and nowhere else: it is never in
a release, a database, a log or a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from verdigris.adapters.environments.process.host import environment_of
from verdigris.core.errors import ActionError, ConfigError
from verdigris.core.world import Release
from verdigris.keeper.client import KeeperClient, KeeperError

__all__ = ["hand_over", "missing_file", "secrets_for"]


async def hand_over(keeper: KeeperClient, app: str, release: Release, environ: Mapping[str, str]) -> None:
    """Give the keeper the values of the release's `env:NAME` references. To be done before the release is filed.

    They are for the slots of this app alone: the same NAME may have another value for another app.
    ConfigError names a variable that neither this environment nor the keeper's own has.
    """
    try:
        seen = await keeper.hand(secrets_for(release, environ), app)
    except KeeperError as error:
        raise ActionError(error.sentence) from error
    has = environ.keys() | environment_of(seen.keeper.pid).keys()
    for key, name in _named(release, "env"):
        if name not in has:
            raise ConfigError(
                f"{key} needs the variable {name}, which has no value here. Export {name} and deploy again"
            )


def secrets_for(release: Release, environ: Mapping[str, str]) -> dict[str, str]:
    """The values of the `env:NAME` references that this environment has, by NAME."""
    return {name: environ[name] for _, name in _named(release, "env") if name in environ}


def missing_file(release: Release) -> str:
    """The first `file:/path` reference to what is no file, as a sentence; "" for none."""
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
