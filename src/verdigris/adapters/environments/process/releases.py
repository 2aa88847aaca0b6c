"""Releases: each in a directory of its own that does not change any more once it is complete.

`releases/<app>/<version>/` is the tree, `<version>.json` beside it says that it is complete, `<version>.building`
that it is not. Apps of one source have releases of one name, which each builds and runs in its own way. One is built
where it will stay, since virtual environments cannot be moved. Never touched: a release that is complete, and a
directory that nobody wrote down.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verdigris.adapters.environments.process import tree
from verdigris.adapters.environments.process.build import Say, build, build_environment
from verdigris.adapters.environments.process.recipe import Recipe, checked, identify, is_version
from verdigris.adapters.environments.process.source import Taken, take
from verdigris.core.errors import ActionError, Conflict, Refused
from verdigris.core.world import Release
from verdigris.keeper.codec import build as build_value
from verdigris.keeper.digest import tree_digest

__all__ = ["Made", "Releases"]

STALE_AFTER = 60.0
"""A source directory that nobody holds and that is older was left by a process that died."""

FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class Made:
    """A complete release, and what a person should know of it."""

    release: Release
    reused: bool
    warnings: tuple[str, ...] = ()


class Releases:
    """The releases of one app in a state directory."""

    def __init__(self, state: Path, app: str, wall: Callable[[], float] = time.time) -> None:
        self.state = state.resolve()
        self.path = self.state / "releases" / app
        self._wall = wall

    def make(self, recipe: Recipe, environ: Mapping[str, str], say: Say) -> Made:
        """The release of this recipe, made now or before. What fails leaves nothing behind.

        BuildFailed, Refused (the version is taken), Conflict (it is being built), ConfigError or ActionError.
        """
        try:
            for directory in (self.state, self.path.parent, self.path):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            with self._staged() as stage:
                taken = take(recipe.source, recipe.directory, stage, self.state, environ)
                return self._settle(recipe, taken, stage, environ, say)
        except OSError as error:
            raise self._told(error) from error

    def find(self, version: str) -> Release | None:
        """A complete release, None when there is none of that name."""
        record = self._record(version) if is_version(version) else None
        return _release(record) if record is not None else None

    def prune(self, keep: int, in_use: Collection[str]) -> tuple[str, ...]:
        """Remove all but the `keep` newest and those in use; return what was removed."""
        records = sorted(self.path.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        names = [path.name.removesuffix(".json") for path in records]
        return tuple(name for name in names[keep:] if name not in in_use and self._discard(name))

    # --- making -----------------------------------------------------------------------------------------------

    def _settle(
        self, recipe: Recipe, taken: Taken, stage: Path, environ: Mapping[str, str], say: Say
    ) -> Made:
        source = tree_digest(stage)
        version = checked(recipe.version or taken.version or source.removeprefix("sha256:")[:12])
        with self._building(version) as unfinished:
            if record := self._record(version):
                return self._reuse(record, recipe, source, taken)
            if unfinished:
                tree.remove(self.path / version)
            record = self._build(version, recipe, taken, stage, source, environ, say)
        return Made(_release(record), reused=False, warnings=taken.warnings)

    def _reuse(self, record: dict[str, Any], recipe: Recipe, source: str, taken: Taken) -> Made:
        version = record["version"]
        differs = "its files" if record["source"] != source else "how it is built or run"
        if (record["source"], record["recipe"]) != (source, recipe.digest()):
            raise Refused(
                f"there is a release {version} already, and {differs} would change. Give the new one a name of its own"
                " with --version, or commit first"
            )
        os.utime(self._record_path(version))
        return Made(_release(record), reused=True, warnings=taken.warnings)

    def _build(
        self,
        version: str,
        recipe: Recipe,
        taken: Taken,
        stage: Path,
        source: str,
        environ: Mapping[str, str],
        say: Say,
    ) -> dict[str, Any]:
        place = self.path / version
        if os.path.lexists(place):
            raise Refused(f"{place} exists and was not written down. Remove it, or choose another --version")
        try:
            stage.rename(place)
            place.chmod(0o755)
            build(recipe.build, place, build_environment(environ, version), recipe.build_within, say)
            identify(place, version, recipe)
            tree.seal(place)
            return self._write_down(version, recipe, taken, source, tree_digest(place))
        except BaseException:  # Ctrl-C too
            tree.remove(place)
            raise

    def _write_down(
        self, version: str, recipe: Recipe, taken: Taken, source: str, digest: str
    ) -> dict[str, Any]:
        place = self.path / version
        release = Release(
            version, digest, str(place), recipe.command, recipe.env, recipe.api_version, recipe.grace
        )
        made = {"source": source, "recipe": recipe.digest(), "origin": taken.origin, "made_at": self._wall()}
        text = json.dumps(asdict(release) | made, indent=1)
        tree.replace_file(self._record_path(version), text.encode())
        return dict(json.loads(text))

    # --- what is on the disk ----------------------------------------------------------------------------------

    def _record_path(self, version: str) -> Path:
        return self.path / f"{version}.json"

    def _record(self, version: str) -> dict[str, Any] | None:
        path = self._record_path(version)
        try:
            record = json.loads(path.read_bytes())
            _release(record)
        except FileNotFoundError:
            return None
        except (ValueError, RecursionError) as error:
            place = self.path / version
            raise Refused(
                f"{path} cannot be read ({error}). Remove it and {place}, and deploy again"
            ) from None
        return dict(record)

    def _discard(self, version: str) -> bool:
        """Whether it is gone. Beginning with its record: what is half removed is unfinished, not complete."""
        try:
            with self._building(version):
                self._record_path(version).unlink(missing_ok=True)
                tree.remove(self.path / version)
        except Conflict:
            return False
        return True

    @contextlib.contextmanager
    def _building(self, version: str) -> Iterator[bool]:
        """Alone with this version. Yields whether it was begun before and never finished."""
        marker = self.path / f"{version}.building"
        unfinished = marker.exists()
        fd = os.open(marker, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if not _alone(fd, marker):
                raise Conflict(f"{version} is being built by somebody else. Wait for it, then deploy again")
            try:
                yield unfinished
            finally:
                marker.unlink(missing_ok=True)
        finally:
            os.close(fd)

    @contextlib.contextmanager
    def _staged(self) -> Iterator[Path]:
        """An empty directory for the source, gone afterwards unless it was moved."""
        stage = Path(tempfile.mkdtemp(prefix=".source-", dir=self.path))
        fd = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield stage
        finally:
            os.close(fd)
            tree.remove(stage)

    def _sweep(self) -> None:
        """Remove the source directories of makers that died."""
        for stage in self.path.glob(".source-*"):
            with contextlib.suppress(FileNotFoundError):
                fd = os.open(stage, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                try:
                    if self._wall() - os.fstat(fd).st_mtime > STALE_AFTER and _alone(fd, stage):
                        tree.remove(stage)
                finally:
                    os.close(fd)

    def _told(self, error: OSError) -> ActionError:
        if error.errno in FULL:
            return ActionError(
                f"the disk of {self.path} is full, so no release was made. Make room and deploy again"
            )
        where = error.filename or self.path
        return ActionError(f"no release was made: {where}: {error.strerror}. Mend that and deploy again")


def _alone(fd: int, path: Path) -> bool:
    """Whether we hold the lock, and of what is at `path` still."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(fd).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def _release(record: object) -> Release:
    """ValueError names the field of the manifest that cannot be."""
    return build_value(Release, record, "release")
