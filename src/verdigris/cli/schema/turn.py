"""The turn of whoever changes the schema by hand: never beside a job of a deployment, nor while one is under way."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from verdigris.cli.exits import Exit
from verdigris.cli.session import Session
from verdigris.cli.show.failure import Failure, failure_lines
from verdigris.cli.voice import Voice
from verdigris.core.errors import Refused

if TYPE_CHECKING:
    from verdigris.core.deployment import Deployment

__all__ = ["NAME", "Turn", "proving", "turn"]

NAME = "by-hand"
"""Of the papers of what belongs to no deployment."""


@dataclass(frozen=True, slots=True)
class Turn:
    """`home` is where the jobs of the app have their papers, `of` its newest deployment, None where there is none;
    `lock` the descriptor of the lock that we hold."""

    home: Path
    of: Deployment | None
    lock: int

    def settle_due(self, url: str) -> None:
        """The controller drops nothing more of what the newest deployment took away, if it is gone or given back."""
        from verdigris.adapters.schemas.jobs import desk_of
        from verdigris.schema.running.session import connecting
        from verdigris.schema.running.tombstone import owed

        if self.of is None:
            return
        desk = desk_of(self.home, self.of)
        papers = desk.read()
        with connecting(url)() as connection:
            left = {stone.number for stone in owed(connection)}
        if papers.due and not left.intersection(papers.buried):
            desk.write(replace(papers, due=0.0))


@contextmanager
def turn(session: Session) -> Iterator[Turn]:
    """Exit 14, with who has it, where it is not ours. A deployment that begins meanwhile waits in its preflight."""
    from verdigris.core.by_hand import in_the_way
    from verdigris.schema.jobs.papers import Desk

    refuse_another(session.house.state, os.geteuid())
    with home_of(session) as home, Desk(home, NAME).at_work() as ours:
        if not ours:
            raise typer.Exit(
                busy(session, "a job is at work on this schema already", "verdigris schema status")
            )
        of = newest(session)
        if why := in_the_way(of):
            raise typer.Exit(busy(session, why, "verdigris status"))
        yield Turn(home, of, ours)


def refuse_another(state: Path, user: int) -> None:
    """What another user writes there, root too, the controller could not open."""
    if not state.is_dir() or (owner := state.stat().st_uid) == user:
        return
    raise Refused(
        f"{state.absolute()} belongs to {called(owner)}, and what {called(user)} leaves there its controller could not "
        f"open: sudo -u {called(owner)} verdigris schema …"
    )


def called(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"#{user}"


@contextmanager
def home_of(session: Session) -> Iterator[Path]:
    """One for the moment where no deployment can be: the database lets in one at a time all the same."""
    if session.house.state.is_dir():
        yield session.house.state / "schema" / session.name
        return
    with tempfile.TemporaryDirectory() as place:
        yield Path(place) / "schema" / "none"


def newest(session: Session) -> Deployment | None:
    """An ObservationError where there may be one, and it cannot be read."""
    from verdigris.bootstrap.house import DATABASE

    house = session.house
    if not house.state.is_dir() or not (house.desk().ready() or (house.state / DATABASE).exists()):
        return None
    saved = house.desk().newest(session.name)
    return saved.deployment if saved else None


def busy(session: Session, sentence: str, command: str) -> Exit:
    """Nothing was done, and what to look at."""
    document = {"type": "result", "exit": int(Exit.BUSY), "sentence": sentence, "next": [command]}
    session.voice.fail(failure_lines(Failure(sentence, next=(command,)), session.voice.width), document)
    return Exit.BUSY


def proving(voice: Voice) -> Callable[[str], None]:
    """Says what is done on the shadow, so that nobody takes it for production."""
    return lambda sentence: voice.say(f"proof: {sentence}")
