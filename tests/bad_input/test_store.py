"""A store that is damaged, newer or gone: traffic goes on, `verdigris recover` builds it anew, and all works again."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bad_input.project import Project


def damaged(database: Path) -> None:
    for file in database.parent.glob("verdigris.db*"):
        if ".lost-" not in file.name:
            file.write_bytes(os.urandom(8192))


def newer(database: Path) -> None:
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def gone(database: Path) -> None:
    for file in database.parent.glob("verdigris.db*"):
        if ".lost-" not in file.name:
            file.unlink()


WRONG: dict[str, tuple[Callable[[Path], None], str]] = {
    "damaged": (damaged, "it is damaged. Traffic stays where it is: run `verdigris recover`"),
    "newer": (newer, "schema 9999"),
    "gone": (gone, "verdigris.db is gone"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_store_that_cannot_be_read_is_told_and_recovered(live: Project, what: str):
    spoil, sentence = WRONG[what]
    spoil(live.state / "verdigris.db")
    live.deploy(f"after-{what}").says(1, sentence, "blue serves 1.0.0")
    live.run("recover").says(0, "1.0.0 serves in blue", "verdigris status")
    live.comes_to("1.0.0", "100 %", "1/1 healthy")
    live.deploy(f"again-{what}", "crashes").says(11, "was aborted, no traffic moved")


@pytest.mark.parametrize("what", ["damaged", "newer"])
def test_a_store_that_cannot_be_read_does_not_stand_in_the_way_back(project: Project, what: str):
    project.configure(stabilize="1h")
    project.deploy("1.0.0").says(0)
    project.deploy("2.0.0").says(0, "serves, now in stabilize")
    WRONG[what][0](project.state / "verdigris.db")
    project.run("rollback").says(0, WRONG[what][1][:10], "traffic is on blue again", "without the controller")
