"""A project that has its own migration tool: its command, its directory, and how it is told the database.

The URL is in the environment only: arguments are seen by everybody on the machine. And it is told in full: whatever
PostgreSQL settings were inherited are taken away, or a tool meant for the shadow could find production by them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import SystemRandom
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from verdigris.core.errors import ActionError, ConfigError, ObservationError, Refused
from verdigris.schema.shadow.database import client
from verdigris.schema.tools.process import Answer, ask, clean
from verdigris.schema.tools.tool import Patience, Step
from verdigris.schema.tools.twinning import freed

__all__ = ["Project", "connected"]

PARTS = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}
"""libpq's own variables, for projects that name no database of their own."""
KEPT = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TMPDIR|VIRTUAL_ENV|SSL_CERT_(FILE|DIR)"
    r"|PYTHON(DONTWRITEBYTECODE|UNBUFFERED|UTF8|IOENCODING|HASHSEED|WARNINGS)"
)
"""What a tool inherits. Whatever else it needs is the application's: secrets of ours are not for its code."""
PAUSE = (0.25, 0.5)
"""Seconds between two tries, by chance between these: who waits with us must not come back with us."""
QUESTION = 60.0
"""Seconds that a question to the tool may take: it imports the whole project for it."""
COUNTED_WITHIN, GLANCE = 2.0, 0.05
COUNTS_SESSIONS = 150000
"""Since PostgreSQL 15 a session is counted at once."""
AGAIN = re.compile(
    r"55P03|40P01|LockNotAvailable|DeadlockDetected|due to lock timeout|deadlock detected", re.IGNORECASE
)
ELSEWHERE = (
    "{tool} did not connect to the database that it was given in {variable}, so it reads its URL elsewhere: "
    "nothing was run. Make the project read {variable} (see the guide `schema-tools`), or name the variable that it "
    "reads as schema.url_env"
)


@dataclass(frozen=True)
class Project:
    """`command` as an argument array, run in `directory`. `url_env` is the variable in which the URL is given,
    `scheme` how it begins for this project (`postgresql+psycopg`), `environ` what it needs besides,
    `lock` a descriptor that it holds open for as long as it runs, 0 for none.
    """

    command: tuple[str, ...]
    directory: Path
    url_env: str = "DATABASE_URL"
    scheme: str = ""
    environ: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    lock: int = 0
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    _reached: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.command:
            raise ConfigError("schema.command: is empty; give the tool's command, like [.venv/bin/alembic]")

    def ask(self, url: str, *words: str, lock_timeout: float = 0, within: float = QUESTION) -> Answer:
        """The command with these words more."""
        program = self.command[0]
        local = self.directory / program
        # A program with a slash is found from where we are, not from the directory it is to run in.
        argv = (str(local.absolute()) if "/" in program else program, *self.command[1:], *words)
        return ask(argv, self.directory, self._environment(url, lock_timeout), within, self.lock)

    def answered(self, url: str, *words: str) -> str:
        """What it prints, or ActionError with what it complains of."""
        answer = self.ask(url, *words)
        if answer.code:
            raise ActionError(
                f"{self._named(words)} ended with {answer.code}: {answer.said(self._secrets(url))}"
            )
        return answer.out

    def with_command(self, command: tuple[str, ...]) -> Project:
        """The same project with another command."""
        return replace(self, command=command)

    def carry_out(self, url: str, step: Step, words: tuple[str, ...], patience: Patience) -> None:
        """Run it, and again while it only met a lock: the step's transaction is undone, so it begins anew.

        Triggers of ours on a column that it drops are taken off first, once the server complains of them.
        What is `alone` waits for its locks as long as the server lets it, and is run once: half of it may be done.
        """
        until = time.monotonic() + patience.retry_for
        waits = 0.0 if step.alone else patience.lock_timeout
        while True:
            answer = self.ask(url, *words, lock_timeout=waits, within=patience.within)
            if not answer.code:
                return
            if not step.alone and freed(url, answer.err + answer.out, patience):
                continue
            met = not step.alone and AGAIN.search(answer.err + answer.out)
            if not met or time.monotonic() > until:
                how = (
                    f"did not get its lock within {patience.retry_for:g} s"
                    if met
                    else f"ended with {answer.code}"
                )
                raise ActionError(f"{self._named(words)} {how}: {answer.said(self._secrets(url))}")
            self.pause(SystemRandom().uniform(*PAUSE))

    def told(self, url: str, *words: str) -> str:
        """The answer to a question that changes nothing; it also shows that the tool connects to that database."""
        with self.reaching(url):
            out = self.answered(url, *words)
        self._reached.add(url)
        return out

    def sure(self, url: str, *words: str) -> None:
        """Refused unless the tool connects there: by such a question, asked once. Nothing is run on a belief.

        A project with a URL of its own would be asked for the shadow and would migrate production.
        """
        if url not in self._reached:
            self.told(url, *words)

    @contextmanager
    def reaching(self, url: str) -> Iterator[None]:
        """Whatever is asked within must have connected to that database, or it is Refused.

        Sessions are counted by the server: on a busy one others are counted too, on a shadow there is nobody else.
        """
        with connected(url) as connection:
            before = sessions(connection)
            yield
            until = time.monotonic() + COUNTED_WITHIN
            while connection.info.server_version >= COUNTS_SESSIONS and sessions(connection) <= before:
                if time.monotonic() > until:
                    raise Refused(ELSEWHERE.format(tool=self.command[0], variable=self.url_env))
                self.pause(GLANCE)

    def _environment(self, url: str, lock_timeout: float) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
        own = {name: value for name, value in self.environ if not name.startswith("PG")}
        option = f"-c lock_timeout={max(1, round(lock_timeout * 1000))}ms" if lock_timeout else ""
        parts = {PARTS[part]: str(value) for part, value in known(url).items() if part in PARTS}
        told = {self.url_env: rewritten(url, self.scheme, option)} | ({"PGOPTIONS": option} if option else {})
        return kept | own | parts | told

    def _secrets(self, url: str) -> tuple[str, ...]:
        """What the tool was handed and may stand in no message; the longest first, or a part of one would stay."""
        handed = (*secrets(url), *(value for _, value in self.environ))
        return tuple(sorted(handed, key=len, reverse=True))

    def _named(self, words: tuple[str, ...]) -> str:
        return " ".join((*self.command, *(word if len(word) < 60 else "…" for word in words)))


def known(url: str) -> dict[str, Any]:
    """The URL's parts as libpq names them."""
    psycopg = client()
    try:
        return dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.ProgrammingError as error:
        raise ConfigError(f"the database's URL cannot be read: {clean(str(error))}") from error


def rewritten(url: str, scheme: str, option: str) -> str:
    """With the scheme that the project wants. Its own `options` hide PGOPTIONS, so ours are added to them."""
    address, _, query = url.partition("?")
    words = dict(parse_qsl(query, keep_blank_values=True))
    if option and "options" in words:
        words["options"] = f"{words['options']} {option}"
        url = f"{address}?{urlencode(words, quote_via=quote)}"
    return re.sub(r"\A[^:/]+(?=://)", lambda _: scheme, url) if scheme else url


def secrets(url: str) -> tuple[str, ...]:
    """What of the URL may stand in no message."""
    password = str(known(url).get("password") or "")
    return (url, password, quote(password, safe=""))


@contextmanager
def connected(url: str) -> Iterator[Any]:
    psycopg = client()
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.Error as error:
        raise ObservationError(
            f"the database cannot be reached: {clean(str(error), secrets(url))}"
        ) from error
    with connection:
        yield connection


def sessions(connection: Any) -> int:
    """How many there have been in this database; what is not counted yet is counted first."""
    if connection.info.server_version < COUNTS_SESSIONS:
        return 0
    connection.execute("SELECT pg_stat_force_next_flush()")
    row = connection.execute(
        "SELECT sessions FROM pg_stat_database WHERE datname = current_database()"
    ).fetchone()
    return int(row[0])
