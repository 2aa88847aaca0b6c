"""A database to run on, and time that passes only when somebody waits."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest

from tests.waiting import eventually_sync
from verdigris.schema.running.session import connecting
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server


@dataclass
class Quick:
    """Waiting that takes no time; `then` happens at each sleep, as what others do meanwhile."""

    then: Callable[[], None] = lambda: None
    at: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds
        self.slept.append(seconds)
        self.then()

    def between(self, least: float, most: float) -> float:
        return (least + most) / 2


@dataclass
class Production:
    """One database, and hands to try it with."""

    database: Database
    stack: ExitStack

    def connect(self) -> Any:
        return connecting(self.database.url())()

    def run(self, *statements: str) -> None:
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as connection:
            return connection.execute(query).fetchall()

    def one(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def session(self) -> Any:
        """A connection that is there until the test is over."""
        return self.stack.enter_context(self.connect())

    def session_of(self, role: str) -> Any:
        """A connection of another role."""
        return connecting(self.database.url().replace("//verdigris@", f"//{role}@"))()

    def in_background(self, statement: str) -> Thread:
        """Somebody who asks for it, and has to wait."""
        thread = Thread(target=self.run, args=(statement,))
        thread.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE query = %s AND wait_event_type = 'Lock'"
        with self.connect() as connection:
            eventually_sync(lambda: connection.execute(waiting, (statement,)).fetchone()[0], "it to wait")
        return thread

    @contextmanager
    def runner(self, program: str) -> Iterator[subprocess.Popen[str]]:
        """A process that runs `program`, which has `connect`, and is killed at the end of the block."""
        head = "from verdigris.schema.running.session import connecting\n"
        head += f"connect = connecting({self.database.url()!r})\n"
        with subprocess.Popen(
            [sys.executable, "-c", head + program], stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def until_alone(self) -> None:
        """Until the server noticed that whoever was killed is gone."""
        eventually_sync(
            lambda: (
                not self.one(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'verdigris schema'"
                )
            ),
            "the killed runner's sessions to end",
        )


@pytest.fixture
def quick() -> Quick:
    return Quick()


@pytest.fixture
def production(server: Server) -> Iterator[Production]:
    with ExitStack() as stack:
        yield Production(server.create(), stack)
