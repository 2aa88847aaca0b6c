"""The schema of production as `pg_dump` writes it. Production is read, is not waited for, and does not wait long."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.shadow.address import Address
from verdigris.schema.shadow.base import MOST, text_of
from verdigris.schema.shadow.programs import dumping

__all__ = ["dump"]

WITHIN = 300.0
"""Seconds for a schema; 400 tables take half of one."""
SAID_MOST = 2
WORDS = (
    "--schema-only", "--format=plain", "--encoding=UTF8", "--no-password",
    # Shared locks on all tables: it waits for nobody's DDL, since others would wait behind it.
    "--lock-wait-timeout=500",
    # A subscription has a password in it, and would speak to another server.
    "--no-subscriptions", "--no-tablespaces", "--no-comments", "--no-security-labels",
)  # fmt: skip
OPTIONS = "-c default_transaction_read_only=on -c idle_in_transaction_session_timeout=60s"


def dump(url: str, major: int, program: Path | None = None) -> str:
    """The schema of the database behind the URL, whose server is of that major version.

    A ConfigError without a `pg_dump` that is new enough; an ActionError when it fails, with what it says.
    """
    address = Address.of(url)
    if secret := next((name for name in ("sslpassword",) if name in address.words), ""):
        raise ConfigError(
            f"{secret} cannot be given to pg_dump but on its command line: use a key without one"
        )
    words: list[str | Path] = [program or dumping(major), *WORDS]
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(
                words, check=False, env=_environ(address), stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.PIPE, timeout=WITHIN, start_new_session=True,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ActionError(f"pg_dump of {address.shown} took more than {WITHIN:.0f} s") from error
        if done.returncode:
            raise ActionError(_failed(address, done.stderr.decode(errors="replace")))
        out.seek(0)
        return text_of(out.read(MOST + 1), f"the schema of {address.shown}")


def _environ(address: Address) -> dict[str, str]:
    """The address as libpq's variables, and no other one of them: a command line can be read by everybody."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG") or name in KEPT}
    options = f"{address.environ.get('PGOPTIONS', '')} {OPTIONS}".strip()
    return kept | address.environ | {"PGOPTIONS": options, "PGAPPNAME": "verdigris", "LC_ALL": "C"}


KEPT = ("PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSYSCONFDIR")
"""What a URL may leave to the environment."""


def _failed(address: Address, said: str) -> str:
    last = address.safe(" ".join(said.strip().splitlines()[-SAID_MOST:])) or "it said nothing"
    if "permission denied" in said:
        return (
            f"pg_dump may not read all of {address.shown}: {last}. "
            "Let its user read every table (GRANT pg_read_all_data), or give the schema as a file"
        )
    if "canceling statement due to" in said and "LOCK TABLE" in said:
        return f"pg_dump waited for a table of {address.shown} that somebody changes: try again later. {last}"
    return f"pg_dump of {address.shown} failed: {last}"
