"""A MariaDB of the tests' own: a directory, a socket, no network, and no root where it can be helped."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.waiting import eventually_sync
from verdigris.schema.dialects.mariadb import Server

__all__ = ["PROGRAMS", "mariadb"]

PROGRAMS = ("mariadbd", "mariadb-install-db")
"""What Debian's mariadb-server brings."""
PATHS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
MODE = "STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"


def program(name: str) -> str | None:
    return shutil.which(name, path=PATHS)


def listens(path: Path) -> bool:
    """It is there a moment before anybody listens at it."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@contextmanager
def mariadb() -> Iterator[Server]:
    """Started empty, and gone at the end."""
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    home = Path(tempfile.mkdtemp(prefix="verdigris-mariadb-", dir="/tmp"))
    shutil.chown(home, user)
    common = ["--no-defaults", f"--datadir={home}/data", f"--user={user}"]
    try:
        subprocess.run(
            [program(PROGRAMS[1]), *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=100,
        )  # fmt: skip
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                [program(PROGRAMS[0]), *common, f"--socket={home}/s", f"--pid-file={home}/pid", "--skip-networking",
                 "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M", f"--sql-mode={MODE}"],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            eventually_sync(lambda: listens(home / "s"), f"the socket of MariaDB, see {home}/log", within=60)
            yield Server({"unix_socket": f"{home}/s", "user": "root"})
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    finally:
        shutil.rmtree(home, ignore_errors=True)
