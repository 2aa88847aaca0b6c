"""Which expand steps let users wait, found on the shadow and weighed with how large production's tables are."""

import sys

import pytest

from verdigris.schema.jobs.hazards import found, told
from verdigris.schema.script import Kind
from verdigris.schema.shadow.production import Size
from verdigris.schema.tools.scripts import Scripts
from verdigris.schema.tools.tool import Step

LARGE = {"public.orders": Size(300_000, 1e7, 3 << 30), "public.notes": Size(1, 1, 8192)}
FILES = {
    "001_type.sql": "ALTER TABLE orders ALTER total TYPE bigint",
    "002_brief.sql": "ALTER TABLE orders ADD COLUMN note text",
    "003_fill.backfill.sql": "UPDATE orders SET note = '' WHERE note IS NULL AND {batch}",
    "004_small.sql": "ALTER TABLE notes ALTER id TYPE bigint",
    "005_own.sql": "CREATE TABLE own (id int); CREATE INDEX own_id ON own (id)",
    "006_own.sql": "CREATE INDEX own_id_too ON own (id)",
}


@pytest.fixture
def base(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute("CREATE TABLE orders (id int PRIMARY KEY, total int); CREATE TABLE notes (id int)")
    return database


def tool_with(tmp_path, **files):
    for name, text in (FILES | files).items():
        (tmp_path / name).write_text(text)
    return Scripts(tmp_path)


def of(tool, base, server, sizes=LARGE, steps=None):
    its = found(server, base, tool, steps or tool.pending(base.url()), sizes, lambda sentence: None)
    return its.hazards, its.notes


def test_only_what_keeps_users_out_of_a_large_table_for_long_is_a_hazard(server, base, tmp_path):
    hazards, notes = of(tool_with(tmp_path), base, server)
    assert (["001_type.sql"], ()) == ([hazard.step for hazard in hazards], notes)
    (hazard,) = hazards
    assert 12.0 <= hazard.seconds <= 13.0
    sentence = told(hazards)
    assert sentence.startswith(
        "001_type.sql keeps users waiting for 12 s at least: `ALTER TABLE orders ALTER total TYPE bigint`: "
        "ACCESS EXCLUSIVE on orders while orders is written anew (3 GB in production): keeps out every reader and "
        "every writer for as long. Add a column of the new type"
    )
    assert sentence.endswith("or set schema.hazards: allowed and deploy when nobody minds")


def test_what_takes_less_than_a_second_is_told_and_refuses_nothing(server, base, tmp_path):
    sizes = {"public.orders": Size(2560, 1e5, 20 << 20)}
    hazards, _ = of(tool_with(tmp_path), base, server, sizes)
    assert ["001_type.sql"] == [hazard.step for hazard in hazards]
    assert "" == told(hazards)


TOOL = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("ALTER TABLE orders ALTER total TYPE bigint")
"""


class Own:
    """Somebody's own tool."""

    def pending(self, url):
        return (Step("0002", title="0002 wider"), Step("0003", Kind.EXPAND))

    def run(self, url, step, patience=None):
        import subprocess

        if step.name == "0002":
            subprocess.run([sys.executable, "-c", TOOL], env={"DATABASE_URL": url}, check=True, timeout=60)


def test_a_users_own_tool_is_listened_to(server, base):
    hazards, notes = of(Own(), base, server)
    assert (["0002 wider"], ()) == ([hazard.step for hazard in hazards], notes)


def test_what_cannot_be_traced_is_a_doubt_where_a_table_is_large(server, base, tmp_path):
    (tmp_path / "001_a.sql").write_text("ALTER TABLE nowhere ADD COLUMN a int")
    (tmp_path / "002_b.sql").write_text("ALTER TABLE orders ADD COLUMN a int")
    tool = Scripts(tmp_path)
    its = found(server, base, tool, tool.pending(base.url()), LARGE, lambda sentence: None)
    assert () == its.hazards
    assert "001_a.sql, 002_b.sql: which locks it takes was not measured: " in its.notes[0]
    assert "does not exist" in its.notes[0]
    assert its.doubt.startswith(f"{its.notes[0]}; orders has 3,072 MB. Try it with a shadow")
    small = found(server, base, tool, tool.pending(base.url()), {}, lambda sentence: None)
    assert (its.notes, "") == (small.notes, small.doubt)


def test_rows_that_are_gone_and_rows_without_an_end_are_refused(server, base, tmp_path):
    for name, text in {"001_a": "UPDATE orders SET total = 0", "002_b": "TRUNCATE notes"}.items():
        (tmp_path / f"{name}.sql").write_text(text)
    rows, gone = of(Scripts(tmp_path), base, server)[0]
    assert told([rows]).startswith("001_a.sql keeps users waiting for 12 s at least: `UPDATE orders")
    assert told([rows, gone]).startswith(
        "002_b.sql takes rows away: `TRUNCATE notes`: All rows of notes are gone"
    )


def test_what_one_transaction_holds_is_reckoned_together(server, base, tmp_path):
    checks = [f"ALTER TABLE orders ADD CONSTRAINT c{n} CHECK (total <> {n})" for n in range(3)]
    (tmp_path / "001_a.sql").write_text(";".join(checks))
    sizes = {"public.orders": Size(61_440, 1e7, 480 << 20)}
    hazards, _ = of(Scripts(tmp_path), base, server, sizes)
    assert 3 == len(hazards)
    assert "keeps users waiting for 1 s at least" in told(hazards)


def test_a_backfill_of_anothers_tool_is_measured_and_said_to_pause_for_nobody(server, base):
    hazards, notes = of(Own(), base, server, steps=[Step("0002", Kind.BACKFILL)])
    assert ["0002"] == [hazard.step for hazard in hazards]
    assert "0002: its tool runs this backfill by itself, so nothing pauses it" in notes[0]
