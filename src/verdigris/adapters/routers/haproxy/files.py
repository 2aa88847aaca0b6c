"""The router's directory: what HAProxy starts from. Every file 0600, replaced as a whole or not at all.

Nothing is put in place that HAProxy itself has not found valid.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Iterable
from pathlib import Path

from verdigris.adapters.routers.haproxy.words import LATCH, PREVIEW, SHARE
from verdigris.core.errors import ActionError, ConfigError
from verdigris.core.world import Slot

__all__ = ["CONFIG", "Files"]

CONFIG = "haproxy.cfg"
SECRET = "preview.secret"  # noqa: S105 - the name of the file
CHECK_WITHIN = 10.0


class Files:
    """The directory of one router, and the binary that judges its configuration."""

    def __init__(self, directory: Path, binary: Path) -> None:
        self.directory = directory
        self.binary = binary
        self.turn = threading.RLock()
        """Held while something is written: what an apply that was given up still writes comes before the next one's."""

    def secret(self) -> str:
        """The preview secret, made once. Who knows it may choose the slot of a request."""
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.read(SECRET).strip()
        if len(found) < 32 or not found.isascii() or not found.isalnum():
            found = secrets.token_hex(24)
            self.write(SECRET, f"{found}\n")
        return found

    def write_previews(self, secret: str, apps: Iterable[str]) -> None:
        """Who may choose: a person by slot, in a header or a cookie; our probes by app as well."""
        people = [f"{secret}{sign}{slot} {slot}" for slot in Slot for sign in ";."]
        probes = [f"{secret};{app}/{name} {name}/{app}" for app in apps for name in (*Slot, "front")]
        self.keep(PREVIEW, "".join(f"{line}\n" for line in (*people, *probes)))
        for slot in Slot:
            self.keep(f"preview-{slot}.header", f"X-Verdigris-Preview: {secret};{slot}\n")

    def entries(self) -> dict[str, str]:
        """What stands in the map file."""
        return self._pairs(SHARE)

    def latch(self) -> dict[str, str]:
        return self._pairs(LATCH)

    def write_entries(self, entries: dict[str, str]) -> None:
        """Make the map file say this, if it does not yet."""
        self.keep(SHARE, "".join(f"{key} {value}\n" for key, value in entries.items()))

    def write_latch(self, entries: dict[str, str]) -> None:
        """What the router turned to by itself, so that its restart does not turn it back."""
        self.keep(LATCH, "".join(f"{key} {value}\n" for key, value in entries.items()))

    def make(self, name: str) -> None:
        """An empty file, where there is none."""
        if not (self.directory / name).exists():
            self.write(name, "")

    def keep(self, name: str, text: str) -> None:
        """Make a file say this, if it does not yet."""
        if not (self.directory / name).exists() or self.read(name) != text:
            self.write(name, text)

    def _pairs(self, name: str) -> dict[str, str]:
        """The lines of a map; those that are none are passed over."""
        lines = (line.split(" ") for line in self.read(name).splitlines())
        return {pieces[0]: pieces[1] for pieces in lines if len(pieces) == 2}

    def read(self, name: str) -> str:
        """What a file says; empty when there is none or it is not text."""
        with contextlib.suppress(FileNotFoundError, UnicodeDecodeError):
            return (self.directory / name).read_text()
        return ""

    def write(self, name: str, text: str) -> None:
        """Replace a file durably. `ActionError` when that is impossible: the old one is still there then."""
        with self.turn:
            self._replace(name, text)

    def _replace(self, name: str, text: str) -> None:
        fresh = self.directory / f"{name}.{os.getpid()}.new"  # another process may be writing one as well
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            fresh.rename(self.directory / name)
            _settle(fresh.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise ActionError(
                f"{fresh}: cannot be written ({error.strerror}); make room or mend its rights"
            ) from error

    async def check(self, text: str, doors: int) -> None:
        """`ConfigError` with HAProxy's own words when it would not start with this on so many sockets."""
        candidate = f"{CONFIG}.check"
        await asyncio.to_thread(self.write, candidate, text)
        with contextlib.ExitStack() as stack:
            sockets = [
                stack.enter_context(socket.create_server(("127.0.0.1", 0))).fileno() for _ in range(doors)
            ]
            process = await asyncio.create_subprocess_exec(
                *(str(self.binary), "-c", "-f", candidate),
                cwd=self.directory,
                env={f"VERDIGRIS_FD_{number}": str(fd) for number, fd in enumerate(sockets)},
                pass_fds=sockets,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(CHECK_WITHIN):
                    _, said = await process.communicate()
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                raise
        if process.returncode != 0:
            words = " ".join(line for line in said.decode(errors="replace").splitlines() if "[ALERT]" in line)
            raise ConfigError(
                f"HAProxy refuses the configuration made for it: {words[-600:] or 'without a word'}"
            )


def _settle(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
