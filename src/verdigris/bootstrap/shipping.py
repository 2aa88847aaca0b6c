"""Releases of the app that is shipped: made from its source, kept while they may be needed, and given their secrets."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.adapters.environments.process.recipe import Recipe
from verdigris.adapters.environments.process.references import hand_over
from verdigris.adapters.environments.process.releases import Releases
from verdigris.adapters.stores.lease import Lease
from verdigris.bootstrap.house import Say
from verdigris.keeper.client import KeeperClient
from verdigris.keeper.names import realm_of

if TYPE_CHECKING:
    from verdigris.bootstrap.house import House
    from verdigris.config import Settings
    from verdigris.core.world import Release

__all__ = ["hand_over_secrets", "make_release", "versions_in_use"]

RELEASES_KEPT = 5


def make_release(house: House, version: str | None, say: Say) -> Release:
    """The release of the present source, built if it is not there yet. `say` gets each line of the build.

    `Refused` comes first when the state directory is not ours alone.
    """
    settings = house.settings
    Lease(house.state)
    releases = Releases(house.state, settings.app)
    made = releases.make(recipe(settings, version), os.environ, say)
    for warning in made.warnings:
        say(warning)
    releases.prune(RELEASES_KEPT, versions_in_use(house) | {made.release.version})
    return made.release


def recipe(settings: Settings, version: str | None) -> Recipe:
    """How a release of the app is made."""
    run, directory = settings.run, Path(settings.directory)
    return Recipe(
        directory=directory,
        command=run.command,
        source=directory / run.source if run.source else None,
        build=run.build,
        env=run.env,
        grace=run.grace,
        api_version=run.api_version,
        version=version or run.version,
    )


def versions_in_use(house: House) -> set[str]:
    """What runs of the app, or may have to come back: never pruned."""
    seen, app = house.keeper(), house.app
    slots = seen.slots.items() if seen else ()
    running = {slot.version for name, slot in slots if realm_of(name) == app}
    known = house.desk().deployments(RELEASES_KEPT, app) if house.desk().ready() else ()
    named = {r.version for saved in known for r in (saved.deployment.release, saved.deployment.previous) if r}
    return running | named


def hand_over_secrets(house: House, release: Release) -> None:
    """Give the keeper today's values of the release's `env:` references; they stay in its memory only."""
    asyncio.run(hand_over(KeeperClient(house.state), house.app, release, os.environ))
