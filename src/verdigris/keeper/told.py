"""What instances are told in files, beside their variables: the secret of their slot, and the role that it has.

`told/<slot>/<release>/secret` is made before the first instance of a release starts in a slot and goes with the
slot. `role` beside it holds one word, replaced in one step; whatever else is found there makes a candidate, as it
does for the application. A disk that is full or broken never keeps an instance from being started.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Collection
from pathlib import Path

__all__ = ["CANDIDATE", "ROLES", "place", "prepare", "reset", "role", "sweep", "tell", "variables"]

CANDIDATE = "candidate"
ROLES = (CANDIDATE, "live", "retained")
WORD_MOST = 64


def place(state: Path, slot: str, version: str, digest: str) -> Path:
    """Where the files of one release in one slot are: the next release there has others."""
    release = hashlib.sha256(f"{version}\0{digest}".encode(errors="surrogatepass")).hexdigest()[:16]
    return state / "told" / slot / release


def variables(where: Path) -> dict[str, str]:
    """What an instance has to know to find them. The secret itself is in no variable."""
    return {"VERDIGRIS_SECRET_FILE": str(where / "secret"), "VERDIGRIS_ROLE_FILE": str(where / "role")}


def prepare(where: Path) -> None:
    """Make what is missing; what is there stays. OSError when the disk does not take it."""
    for directory in (where.parent.parent, where.parent, where):
        directory.mkdir(mode=0o700, exist_ok=True)
    if not (where / "secret").exists():
        _replace(where / "secret", secrets.token_hex(32), durable=True)
    if not (where / "role").exists():
        _replace(where / "role", CANDIDATE)


def role(where: Path) -> str | None:
    """The word that the instances read, None where nobody can be told anything."""
    if not where.is_dir():
        return None
    try:
        with (where / "role").open("rb") as file:
            word = file.read(WORD_MOST).strip().decode(errors="replace")
    except OSError:
        return CANDIDATE
    return word if word in ROLES else CANDIDATE


def tell(where: Path, word: str) -> None:
    """Replace the word. OSError when the disk does not take it, after which nobody there is live any more."""
    try:
        _replace(where / "role", word)
    except OSError:
        reset(where)  # needs no room: a job is rather late than done twice
        raise


def reset(where: Path) -> None:
    """Nobody there is live any more: what cannot be read makes a candidate."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        (where / "role").unlink()


def sweep(state: Path, kept: Collection[Path]) -> None:
    """Remove what is told to nobody any more: all but `kept`, each of them a slot's or a release's."""
    for slot in [path for path in (state / "told").glob("*") if path not in kept]:
        for release in [path for path in slot.glob("*") if path not in kept]:
            shutil.rmtree(release)
        with contextlib.suppress(OSError):  # one release of it is kept
            slot.rmdir()


def _replace(path: Path, text: str, *, durable: bool = False) -> None:
    """The whole text, 0600, or what was there before."""
    fresh = path.with_name(f".{path.name}.next")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:
            file.write(text + "\n")
            if durable:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
