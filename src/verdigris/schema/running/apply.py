"""Carries a script out on production, while the version that serves goes on serving.

Each part of it is done once, however often this is called and wherever it was killed: the journal is written in the
part's own transaction. It never waits for a lock longer than a blink, and says who was in the way when it gives up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from verdigris.core.errors import ActionError, Refused
from verdigris.schema.running import indexes, journal
from verdigris.schema.running.blocking import InTheWay, beside
from verdigris.schema.running.parts import Part, parts_of
from verdigris.schema.running.retry import TIMED_OUT, Patience, until_locked, waits_at_most, whole
from verdigris.schema.running.session import Connect, opened
from verdigris.schema.running.trouble import reached, said
from verdigris.schema.running.waiting import Pace, Tell, Waiting, quietly
from verdigris.schema.running.words import Sentence
from verdigris.schema.script import Script
from verdigris.schema.shadow.database import client, unwell

__all__ = ["Applied", "Broken", "Perform", "carry_out", "plainly"]

Perform = Callable[[Any, str], None]
"""Does what a statement asks, in the transaction that is open: most often by sending it."""


class Broken(ActionError):
    """A statement that the server refuses, or that takes longer than it may: the server is well."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done now, in numbers of statements; `already` were done before. `notes` are worth reading."""

    name: str
    done: int
    already: int
    tries: int
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class Runner:
    """One script on one connection."""

    connection: Any
    script: Script
    waiting: Waiting
    patience: Patience
    in_the_way: InTheWay
    tell: Tell
    perform: Perform
    hash: str

    def whole(self, part: Part) -> int:
        """A part in a transaction of its own, with its note; how often it was tried."""
        tried = whole(
            self.connection,
            lambda _: self.inside(part),
            self.waiting,
            what=self.named(part),
            in_the_way=self.in_the_way,
            patience=self.patience,
            tell=self.tell,
        )
        return tried.tries

    def inside(self, part: Part) -> None:
        begun = self.waiting.now()
        for number, statement in enumerate(part.statements, part.first):
            # What was locked by the statements before is locked while this one waits: they share the 100 ms.
            left = self.patience.lock - (self.waiting.now() - begun)
            waits_at_most(self.connection, max(left, self.patience.lock_least), self.patience.statement)
            self.send(number, statement, self.patience.within)
        journal.finish(self.connection, self.script.name, part.first, part.last, self.hash)

    def alone(self, part: Part) -> tuple[int, tuple[str, ...]]:
        """A statement outside of transactions: begun, cleared of leftovers, done, noted."""
        statement = part.statements[0]
        what = indexes.concurrent(statement)
        if what and self.stands(part, what):
            self.note(part)
            return 0, (f"{self.named(part)}: an earlier run did it and was ended before it could say so",)
        journal.begin(self.connection, self.script.name, part.first, part.last, self.hash)
        cleared: list[str] = []

        def once() -> None:
            if what:
                cleared.extend(indexes.clear(self.connection, what))
            self.send(part.first, statement, self.patience.build)

        # CONCURRENTLY waits for old transactions and locks nobody out meanwhile: no reason to begin anew.
        lock = 0.0 if Sentence(statement).has("CONCURRENTLY") else self.patience.lock
        with limited(self.connection, lock, self.patience.build):
            tried = until_locked(
                once, self.waiting, what=self.named(part), in_the_way=self.in_the_way,
                patience=replace(self.patience, brief=None), tell=self.tell,
            )  # fmt: skip
        self.insist(part, what)
        self.note(part)
        return tried.tries, tuple(
            f"an INVALID index of an earlier try was dropped: {name}" for name in cleared
        )

    def stands(self, part: Part, what: indexes.Concurrent) -> bool:
        """Whether a run before us began this, and the database says that it is done."""
        begun = any(step.first == part.first for step in journal.steps(self.connection, self.script.name))
        if not begun or what.verb == "reindex":
            return False
        found = indexes.state(self.connection, what)
        return found is None if what.verb == "drop" else found is not None and found.valid

    def insist(self, part: Part, what: indexes.Concurrent | None) -> None:
        found = indexes.state(self.connection, what) if what and what.verb == "create" else None
        if found and not found.valid and found.kind != indexes.PARTITIONED:
            raise ActionError(f"{self.named(part)}: the index {found.quoted} is INVALID: run this again")

    def note(self, part: Part) -> None:
        journal.finish(self.connection, self.script.name, part.first, part.last, self.hash)

    def send(self, number: int, statement: str, within: float | None) -> None:
        """A complaint about locks goes on to whoever tries again; any other becomes a sentence."""
        psycopg = client()
        try:
            self.perform(self.connection, statement)
        except psycopg.Error as error:
            if getattr(error, "sqlstate", None) in self.patience.again or self.connection.closed:
                raise
            if error.sqlstate == TIMED_OUT:
                limit = f"it may take {within:g} s, or somebody cancelled it" if within else said(error)
                raise Broken(f"{self.script.name}: statement {number} took too long: {limit}") from None
            kind = ActionError if unwell(error) else Broken
            raise kind(f"{self.script.name}: statement {number} failed: {said(error)}") from None

    def named(self, part: Part) -> str:
        where = (
            f"statement {part.first}"
            if part.first == part.last
            else f"statements {part.first} to {part.last}"
        )
        return f"{self.script.name}: {where}"


@contextmanager
def limited(connection: Any, lock: float, statement: float) -> Iterator[None]:
    """For the block, in a session without a transaction: so long for a lock, so long for a statement."""
    limit(connection, lock, statement)
    try:
        yield
    finally:
        if not connection.closed:
            limit(connection, Patience().lock, 0.0)


def limit(connection: Any, lock: float, statement: float) -> None:
    connection.execute(
        "SELECT pg_catalog.set_config('lock_timeout', %s, false),"
        " pg_catalog.set_config('statement_timeout', %s, false)",
        (f"{lock * 1000:.0f}ms", f"{statement * 1000:.0f}ms"),
    )


def plainly(connection: Any, statement: str) -> None:
    """The statement as it stands."""
    connection.execute(statement)


def carry_out(
    connect: Connect,
    script: Script,
    *,
    waiting: Waiting | None = None,
    patience: Patience | None = None,
    tell: Tell = quietly,
    perform: Perform = plainly,
) -> Applied:
    """Whatever of the script is not done yet, in its order. ActionError when something fails: what was committed
    stays and is noted, and another call goes on behind it. Refused when the script is not what it was when it began.
    """
    waiting, parts = waiting or Pace(), parts_of(script)
    with opened(connect, waiting) as connection, reached(script.name):
        hash_ = journal.fingerprint(script.statements)
        done = done_before(connection, script, hash_)
        in_the_way = InTheWay(connection.info.backend_pid)
        runner = Runner(connection, script, waiting, patience or Patience(), in_the_way, tell, perform, hash_)
        rest = [part for part in parts if not done.issuperset(range(part.first, part.last + 1))]
        with beside(connect, Watch(in_the_way, tell).look):
            return carried(runner, parts, rest)


def carried(runner: Runner, parts: tuple[Part, ...], rest: list[Part]) -> Applied:
    tries, notes = 0, list[str]()
    for part in rest:
        if part.alone:
            more, said_ = runner.alone(part)
            tries, notes = tries + more, [*notes, *said_]
        else:
            tries += runner.whole(part)
        runner.tell(f"{runner.named(part)}: done")
    counted = sum(len(part.statements) for part in rest)
    return Applied(
        runner.script.name,
        counted,
        sum(len(part.statements) for part in parts) - counted,
        tries,
        tuple(notes),
    )


@dataclass(slots=True)
class Watch:
    """Looks from beside: who is in the way, and how far an index has come."""

    in_the_way: InTheWay
    tell: Tell
    last: str = ""

    def look(self, connection: Any) -> None:
        self.in_the_way.look(connection)
        told = indexes.progress(connection, self.in_the_way.pid)
        if told and told != self.last:
            self.last = told
            self.tell(told)


def done_before(connection: Any, script: Script, hash_: str) -> set[int]:
    """Numbers of statements that an earlier call finished. Refused where the script was another one then."""
    steps = journal.steps(connection, script.name)
    if any(step.hash != hash_ for step in steps):
        raise Refused(
            f"{script.name} was carried out here on {steps[0].started:%Y-%m-%d %H:%M} and has changed since:"
            " put it back as it was, and write the change as a script with a new name"
        )
    return {n for step in steps if step.finished for n in range(step.first, step.last + 1)}
