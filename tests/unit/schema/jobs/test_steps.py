"""The steps of a release on a shadow: what expands, what contracts, and what can be neither."""

import pytest

from verdigris.core.errors import Refused
from verdigris.schema.catalog.snapshot import snapshot
from verdigris.schema.jobs.steps import walked
from verdigris.schema.tools.scripts import Scripts

BASE = "CREATE TABLE orders (id int PRIMARY KEY, total int NOT NULL, note text)"
RENAME = "ALTER TABLE orders ADD COLUMN amount int"
DROP = "ALTER TABLE orders DROP COLUMN total"


@pytest.fixture
def base(server):
    base = server.create()
    with base.connected() as connection:
        connection.execute(BASE)
    return base


@pytest.fixture
def release(tmp_path):
    def write(**files):
        for name, text in files.items():
            (tmp_path / f"{name.replace('__', '.')}.sql").write_text(text)
        return Scripts(tmp_path)

    return write


def columns(database):
    return [
        column.name
        for relation in snapshot(database).relations
        if relation.name == "orders"
        for column in relation.columns
    ]


def walk(server, base, tool):
    told = []
    with walked(server, base, tool, tool.pending(base.url()), told.append) as found:
        return found, columns(found.base), columns(found.expanded), columns(found.contracted)


def test_what_expands_and_what_contracts_are_told_apart(server, base, release):
    found, *seen = walk(server, base, release(**{"001_amount": RENAME, "002_total": DROP}))
    assert (["001_amount.sql"], ["002_total.sql"]) == (
        [step.name for step in found.expand], [step.name for step in found.contract],
    )  # fmt: skip
    assert [["id", "total", "note"], ["id", "total", "note", "amount"], ["id", "note", "amount"]] == seen


def test_a_backfill_finds_no_rows_on_a_shadow_and_is_one_all_the_same(server, base, release):
    files = {
        "001_amount__expand": RENAME,
        "002_amount__backfill": "UPDATE orders SET amount = total WHERE amount IS NULL AND {batch}",
    }
    found, *_ = walk(server, base, release(**files))
    assert ["001_amount.expand.sql", "002_amount.backfill.sql"] == [step.name for step in found.expand]


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"001_both": "ALTER TABLE orders RENAME COLUMN total TO amount"},
            "001_both.sql expands and contracts at once",
        ),
        ({"001_x__expand": DROP}, "001_x.expand.sql is declared as expand and contracts"),
        ({"001_x": DROP, "002_y": RENAME}, "002_y.sql expands and stands behind 001_x.sql, which contracts"),
    ],
)
def test_what_belongs_to_no_moment_is_refused(server, base, release, files, sentence):
    with pytest.raises(Refused) as caught:
        walk(server, base, release(**files))
    assert sentence in str(caught.value)
