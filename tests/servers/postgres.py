"""A real PostgreSQL for tests: `with postgres_server(tmp_path) as postgres: postgres.url`.

It has a directory of its own below /tmp and nothing to do with a cluster of the machine. PostgreSQL refuses to run
as root; as root it runs as the user `postgres`, who has no way into pytest's directories.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.server import Server, free_port

__all__ = ["postgres_server"]

INSTALLED = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
    # What is lost with the machine is not missed.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


@contextlib.contextmanager
def postgres_server(tmp_path: Path) -> Iterator[Server]:
    """One that runs for as long as the block lasts, with the database `postgres`, and keeps its data when stopped."""
    tools = _tools()
    user = "postgres" if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="verdigris-postgres-", dir="/tmp"))
    port = free_port()
    log = tmp_path / f"postgres-{port}.log"
    try:
        if user:
            shutil.chown(home, user)
        _create(tools, home, user, log)
        server = _server(tools, home, user, port, log)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


def _tools() -> Path:
    """The programs of the newest version that is installed."""
    versions = sorted(INSTALLED.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    if not versions:
        pytest.skip("needs the Debian package postgresql")
    return versions[-1].parent


def _create(tools: Path, home: Path, user: str | None, log: Path) -> None:
    command = [tools / "initdb", "--pgdata", home, "--username=postgres", "--auth=trust", "--no-sync"]
    with log.open("ab") as out:
        subprocess.run(
            [*command, "--no-locale", "--encoding=UTF8"],
            check=True, stdout=out, stderr=out, user=user, env=_environ(), cwd="/", timeout=60,
        )  # fmt: skip


def _server(tools: Path, home: Path, user: str | None, port: int, log: Path) -> Server:
    settings = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]

    def answers(port: int) -> bool:
        asked = [tools / "pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}", "--timeout=1"]
        return subprocess.run(asked, check=False).returncode == 0

    return Server(
        name="postgres",
        command=[str(tools / "postgres"), "-D", str(home), "-p", str(port), *settings],
        port=port,
        url=f"postgresql://postgres@127.0.0.1:{port}/postgres",
        answers=answers,
        log=log,
        # The fast end: sessions are cut and nobody is waited for.
        ends_by=signal.SIGINT,
        user=user,
        environ=_environ(),
    )


def _environ() -> dict[str, str]:
    """Without the PG* variables of whoever runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
