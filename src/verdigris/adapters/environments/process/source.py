"""What a release is made of: the tracked files of the present commit, or a directory as it is.

Git's own commands write the files, so line ends, filters and links are as in a checkout. The user's repository,
its index and its objects are only read.
"""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from verdigris.adapters.environments.process import host, tree
from verdigris.adapters.environments.words import joined, shown
from verdigris.core.errors import ConfigError, Refused

__all__ = ["Taken", "take"]

NOT_COPIED = (".git", ".verdigris", ".venv", "__pycache__")
GIT_WITHIN = 120.0
NAMED_MOST = 3
NO_ROOM = 1 << 20
"""With less than this left on a disk, git failed because of that: it does not say why it cannot write a file."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the files came from. `version` is "" where only their content can give them a name."""

    origin: str
    version: str = ""
    warnings: tuple[str, ...] = ()


def take(
    source: Path | None, directory: Path, target: Path, state: Path, environ: Mapping[str, str]
) -> Taken:
    """Fill the empty `target` from `source`, from the repository of `directory` when it is None."""
    if source is None:
        taken = _Repository(directory, environ).take(target)
    else:
        taken = _copied(directory / source, target, state)
    if not any(target.iterdir()):
        raise Refused(
            f"{taken.origin} has no files. `git add` your application, or set `run.source` to its path"
        )
    if complaint := tree.unfit(target):
        raise Refused(complaint)
    return taken


def _copied(source: Path, target: Path, state: Path) -> Taken:
    if not source.is_dir():
        raise ConfigError(
            f"run.source: {source} is not a directory. Correct the path, or write `git` for the commit"
        )
    source = source.resolve()
    if source.is_relative_to(state):
        raise ConfigError(
            f"run.source: {source} is inside of the state directory. Set it to your application"
        )
    tree.copy(source, target, NOT_COPIED, but=state)
    return Taken(str(source))


class _Repository:
    """The part of a git repository at and below one directory."""

    def __init__(self, directory: Path, environ: Mapping[str, str]) -> None:
        self.directory = directory
        # GIT_DIR and its like are set inside of hooks and name another repository or index.
        others = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
        self.environ = others | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}

    def take(self, target: Path) -> Taken:
        """The commit; with uncommitted changes of tracked files, what these files are now."""
        below = self._ask(
            "rev-parse", "--show-prefix", why=f"{self.directory} is in no readable git repository"
        )
        head = self._ask(
            "rev-parse", "--short=12", "--verify", "HEAD", why=f"{self.directory} has no commit yet"
        )
        changed, fresh = self._changes()
        with tempfile.TemporaryDirectory(prefix="verdigris-") as scratch:
            environ = self._own_index(Path(scratch))
            if changed:
                self._index_now(Path(scratch), environ)
            else:
                self._ask("read-tree", "HEAD", environ=environ)
            self._refuse_submodules(environ)
            self._check_out(below, target, environ)
            version = f"{head}-dirty-{self._content(below, environ)[:8]}" if changed else head
        return Taken(f"commit {head} of {self.directory}", version, _warnings(head, changed, fresh))

    def _changes(self) -> tuple[list[str], list[str]]:
        """Tracked names that differ from the commit, and names that git does not know."""
        lines = self._ask("status", "--porcelain", "--no-renames", "-z", "--", ".").split("\0")
        fresh = [line[3:] for line in lines if line.startswith("?? ") and Path(line[3:]).name != ".verdigris"]
        return [line[3:] for line in lines if line and not line.startswith("?? ")], fresh

    def _own_index(self, scratch: Path) -> dict[str, str]:
        objects = scratch / "objects"
        objects.mkdir()
        theirs = os.path.join(self.directory, self._ask("rev-parse", "--git-path", "objects"))
        return {
            "GIT_INDEX_FILE": str(scratch / "index"),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.path.abspath(theirs),
        }

    def _index_now(self, scratch: Path, environ: dict[str, str]) -> None:
        theirs = os.path.join(self.directory, self._ask("rev-parse", "--git-path", "index"))
        # With its age: git takes a file of the same second and size for unchanged unless the index is as old.
        shutil.copy2(theirs, scratch / "index")
        self._ask("add", "--update", "--", ".", environ=environ)

    def _refuse_submodules(self, environ: dict[str, str]) -> None:
        staged = self._ask("ls-files", "--stage", "-z", "--", ".", environ=environ).split("\0")
        if modules := [line.partition("\t")[2] for line in staged if line.startswith("160000 ")]:
            raise Refused(
                f"{shown(modules[0])} is a git submodule, whose files no commit here holds. Set `run.source` to a path"
            )

    def _check_out(self, below: str, target: Path, environ: dict[str, str]) -> None:
        """The files of this directory alone: git writes them under their whole names, so they are moved up."""
        whole = target / ".verdigris-checkout" if below else target
        try:
            self._ask("checkout-index", "--all", "--force", f"--prefix={whole}/", environ=environ)
        except ConfigError:
            if host.room(target).free < NO_ROOM:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target)) from None
            raise
        part = whole / below
        for path in list(part.iterdir()) if below and part.is_dir() else ():
            path.rename(target / path.name)
        if below:
            shutil.rmtree(whole, ignore_errors=True)

    def _content(self, below: str, environ: dict[str, str]) -> str:
        return self._ask("write-tree", *([f"--prefix={below}"] if below else []), environ=environ)

    def _ask(self, *arguments: str, environ: Mapping[str, str] | None = None, why: str = "") -> str:
        """What git answers. ConfigError says what it did not like."""
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.directory,
                env={**self.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=GIT_WITHIN,
                check=False,
            )
        except FileNotFoundError:
            raise ConfigError("git cannot be run. Install it, or set `run.source` to a path") from None
        except subprocess.TimeoutExpired:
            slow = f"git {arguments[0]} did not end within {GIT_WITHIN:g} s"
            raise ConfigError(f"{slow}. Try it by hand in {self.directory}") from None
        if done.returncode:
            said = shown(done.stderr.strip() or b"no reason given")
            why = why or f"git {arguments[0]} failed"
            raise ConfigError(f"{why} ({said}). Mend that, or set `run.source` to a path")
        return done.stdout.decode(errors="surrogateescape").removesuffix("\n")


def _warnings(head: str, changed: list[str], fresh: list[str]) -> tuple[str, ...]:
    said = []
    if changed:
        said.append(
            f"{_named(changed)} changed since {head}: the release has what is there now, which is in no commit"
        )
    if fresh:
        said.append(f"{_named(fresh)} not known to git and not in the release: `git add` what belongs to it")
    return tuple(said)


def _named(names: list[str]) -> str:
    more = [f"{len(names) - NAMED_MOST} more"] if len(names) > NAMED_MOST else []
    return f"{joined([shown(name, 60) for name in names[:NAMED_MOST]] + more)} {'are' if len(names) > 1 else 'is'}"
