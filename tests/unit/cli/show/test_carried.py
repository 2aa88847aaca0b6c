"""What was carried out by hand, as people and programs are told of it."""

from verdigris.cli.exits import Exit
from verdigris.cli.show.carried import Carried, Kept, carried_document, carried_lines
from verdigris.cli.show.ink import plain
from verdigris.core.world import Proven
from verdigris.schema.jobs.papers import Answer

WORKS = Answer(Proven.PROVEN, "2 statements work")
DONE = Carried(
    "the schema is contracted",
    ("003.sql",),
    ("004.sql is left",),
    WORKS,
    kept=(Kept("orders.total", "noon"),),
)


def test_it_is_said_what_was_done_proven_left_and_kept():
    rows = [line.split(maxsplit=1) for line in plain(carried_lines(DONE, 80)).splitlines()]
    assert ["✔", "the schema is contracted"] == rows[0]
    assert {
        "proven": "2 statements work",
        "left": "004.sql is left",
        "kept": "orders.total, until noon",
    } == dict(rows[2:])


def test_what_was_refused_is_said_once():
    refused = Carried(
        "nothing is taken away: 1 of 2 fail",
        proof=Answer(Proven.DISPROVEN, "1 of 2 fail"),
        exit=Exit.NOT_MOVED,
    )
    assert "✖ nothing is taken away: 1 of 2 fail" == plain(carried_lines(refused, 80)).strip()
    found = carried_document(refused)
    assert (11, "disproven", []) == (found["exit"], found["proof"]["verdict"], found["carried_out"])


def test_no_word_of_a_database_drives_a_terminal():
    assert "\x1b" not in plain(carried_lines(Carried("done", ("a\x1b[2J",), ("b\x1b[2J",)), 40))
