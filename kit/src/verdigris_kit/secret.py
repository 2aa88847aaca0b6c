"""The slot's secret, and the tokens that are derived from it: one for each purpose, so that no token opens two doors.

The secret stands in a file of mode 0600 that `VERDIGRIS_SECRET_FILE` names, and never travels. Where there is no
secret nothing is trusted. It is never logged, and what is wrong with the file is said once and not per request.
"""

import hashlib
import hmac
import logging
import os
import stat
from collections.abc import Mapping
from typing import NamedTuple, Optional, Union

__all__ = ["SECRET_FILE_VARIABLE", "token", "trusted"]

SECRET_FILE_VARIABLE = "VERDIGRIS_SECRET_FILE"  # noqa: S105 - the name of a variable
"""Where the path of the file stands. Without it there is no secret."""

LARGEST = 4096
"""Bytes. What is larger is some other file."""

log = logging.getLogger(__name__)


class _Read(NamedTuple):
    """What a file held when it looked like this; `key` is empty where it could not be used."""

    looks: tuple[int, ...]
    key: bytes


_read: dict[str, _Read] = {}
_told: set[tuple[str, str]] = set()


def token(purpose: str, environ: Optional[Mapping[str, str]] = None) -> Optional[str]:
    """Return the token for `purpose` as 64 hexadecimal digits, or None where there is no secret.

    A file that was replaced is read again. Purposes of the contract: `rehearsal` and `control`.
    """
    path = (os.environ if environ is None else environ).get(SECRET_FILE_VARIABLE, "")
    key = _key(path) if path else b""
    return hmac.new(key, f"verdigris {purpose} v1".encode(), hashlib.sha256).hexdigest() if key else None


def trusted(purpose: str, shown: Union[str, bytes], environ: Optional[Mapping[str, str]] = None) -> bool:
    """Whether `shown` is the token for `purpose`; compared in constant time, and false without a secret."""
    expected = token(purpose, environ)
    shown = shown.encode("utf-8", "replace") if isinstance(shown, str) else shown
    return expected is not None and hmac.compare_digest(expected.encode(), shown)


def _key(path: str) -> bytes:
    """The secret of a file, or nothing and the reason in the log."""
    try:
        looks = _looks(os.stat(path))
        found = _read.get(path)
        if found is None or found.looks != looks:
            # One file a process; the bound is for whoever hands over other environments.
            _read.clear()
            found = _read[path] = _open(path)
        return found.key
    except OSError as error:
        return _unusable(path, error.strerror or str(error))


def _open(path: str) -> _Read:
    # Not blocking: a pipe in place of the file must not hold up a request.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # novermin: whole numbers
    try:
        # Read from the descriptor: as a file a directory would be an error before anybody could close it.
        seen = os.fstat(descriptor)
        wrong = _wrong(seen)
        key = b"" if wrong else os.read(descriptor, LARGEST).strip()
    finally:
        os.close(descriptor)
    if not key:
        _unusable(path, wrong or "it is empty. The controller writes it before it starts an instance")
    else:
        _told.clear()
    return _Read(_looks(seen), key)


def _wrong(seen: os.stat_result) -> str:
    if not stat.S_ISREG(seen.st_mode):
        return "it is not a plain file"
    if seen.st_mode & 0o077:
        return f"others may use it, its mode is {stat.S_IMODE(seen.st_mode):04o}. Run chmod 600 on it"
    return f"it is larger than {LARGEST} bytes" if seen.st_size > LARGEST else ""


def _looks(seen: os.stat_result) -> tuple[int, ...]:
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mode, seen.st_mtime_ns, seen.st_ctime_ns)


def _unusable(path: str, why: str) -> bytes:
    """Say it once, until the file is well again: marked requests of strangers must not fill the log."""
    if (path, why) not in _told and len(_told) < LARGEST:
        _told.add((path, why))
        log.warning("%s %s cannot be used, so nothing is trusted: %s.", SECRET_FILE_VARIABLE, path, why)
    return b""
