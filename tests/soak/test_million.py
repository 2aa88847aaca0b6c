"""Months of events: the command line answers as fast as on the first day, and the controller forgets the oldest."""

import contextlib
import resource
import sqlite3

import pytest

from tests.bench.results import Figure, show
from tests.e2e.project import project_in
from tests.waiting import eventually_sync
from verdigris.adapters.stores.keeping import KEPT

pytestmark = pytest.mark.timeout(600)

EVENTS = 1_000_000
COMMANDS = ("status", "explain", "history", "report")
FORGOTTEN_WITHIN = 120.0
SLOWER = 2.0
"""How many times as long an answer may take: a scan of all events takes ten times as long."""
FILL = """
WITH RECURSIVE counted(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM counted WHERE n < :events - 1)
INSERT INTO events (number, wall, app, deployment, generation, phase, kind, sentence, evidence)
SELECT n + {first}, n, 'orders', {deployment}, n, 'bake', 'note', 'something was seen', 'evidence' FROM counted
"""
WHOSE = {
    "of thousands before": {"first": -EVENTS, "deployment": "'d-old-' || (n / 500)"},
    "of the one at hand": {
        "first": EVENTS,
        "deployment": "(SELECT id FROM deployments ORDER BY row DESC LIMIT 1)",
    },
}
"""Whose the events are: many deployments in months, or the newest one, which has stayed all the time."""


@pytest.mark.parametrize("whose", WHOSE)
def test_a_million_events_cost_no_answer_and_are_forgotten(tmp_path, whose):
    with project_in(tmp_path) as project:
        project.ship()
        project.ship()
        before = {command: answered(project, command) for command in COMMANDS}
        project.kill_controller()
        with contextlib.closing(sqlite3.connect(project.desk.path)) as database, database:
            database.execute(FILL.format(**WHOSE[whose]), {"events": EVENTS})
        after = {command: answered(project, command) for command in COMMANDS}
        project.begin("up")
        eventually_sync(lambda: kept(project) <= KEPT.events, "the oldest to be forgotten", FORGOTTEN_WITHIN)
        assert project.version == project.serves
        project.ship()
    how = f"CPU of the whole command, {EVENTS:,} events beside few"
    answers = (
        (f"verdigris {command}, {whose}", after[command] * 1e3, before[command] * 1e3) for command in COMMANDS
    )
    show(
        "Questions on the command line", [Figure(n, value, "ms", peer, how=how) for n, value, peer in answers]
    )
    assert [] == [command for command in COMMANDS if after[command] > SLOWER * before[command]]


def answered(project, command):
    """Seconds of CPU until it has answered: the best of three."""
    return min(timed(project, command) for _ in range(3))


def timed(project, command):
    before = cpu_of_children()
    assert 0 == project.verdigris(command).returncode
    return cpu_of_children() - before


def cpu_of_children():
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def kept(project):
    with contextlib.closing(sqlite3.connect(f"{project.desk.path.as_uri()}?mode=ro", uri=True)) as database:
        return database.execute("SELECT count(*) FROM events").fetchone()[0]
