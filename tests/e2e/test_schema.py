"""The database comes along: a column is renamed under load, and nobody who is served by either version notices."""

import json
import time
from pathlib import Path

import pytest

from load import Call
from tests.e2e.database import PATIENCE, Stored, stored_in
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(400)

CALLS = (Call("GET", "/orders"), Call("POST", "/orders", b"{}"))
EXPAND = """
-- sync: orders total amount
ALTER TABLE orders ADD COLUMN amount int, ALTER COLUMN total DROP NOT NULL;
"""
BACKFILL = "UPDATE orders SET amount = total WHERE amount IS NULL AND {batch}"
CONTRACT = "ALTER TABLE orders DROP COLUMN total"


class Ledger(Stored):
    """An API with a PostgreSQL. `migrate` writes a file that comes with the next release."""

    source, column = Path(__file__).parent / "ledger", "total"

    def write(self, version, behaviour="good", **numbers):
        super().write(version, behaviour, **numbers)
        (self.place / "behaviour.json").write_text(json.dumps({"column": self.column}))
        sent = [
            (f"SELECT id, {self.column} FROM orders ORDER BY id DESC LIMIT 5", []),
            (f"INSERT INTO orders ({self.column}) VALUES ($1) RETURNING id", [7]),
            ("SELECT note FROM orders JOIN notes USING (id)", []),
        ]
        rows = [{"sql": sql, "params": params} for sql, params in sent]
        (self.place / "statements.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))

    def migrate(self, **files):
        for name, text in files.items():
            (self.place / "migrations" / f"{name.replace('__', '.')}.sql").write_text(text)


def kept_until(ledger):
    return ledger.json("schema", "status")["kept_until"]


@pytest.fixture
def ledger(production, tmp_path):
    with stored_in(tmp_path, Ledger, production, schema={"tool": "files"}) as project:
        yield project


def test_a_column_is_renamed_under_load_from_expand_to_contract(ledger, figure):
    first = ledger.shipped()
    assert ["id", "total"] == ledger.columns()
    ledger.migrate(
        **{"001_amount__expand": EXPAND, "002_amount__backfill": BACKFILL, "003_total__contract": CONTRACT}
    )
    ledger.column = "amount"
    with ledger.load(100.0, CALLS) as load:
        second = ledger.shipped("--until", "succeeded")
        assert ["total"] == ledger.buried()
        assert kept_until(ledger) > time.time()
        ledger.a_day_later()
        eventually_sync(lambda: kept_until(ledger) is None, "what nobody missed to be dropped", PATIENCE)
    figure(f"a column renamed under load: {load.result}")
    assert {} == dict(load.result.by_error)
    assert {first, second} == set(load.result.by_version)
    assert ["id", "amount"] == ledger.columns()
    assert [] == ledger.buried()
    assert [(0,)] == ledger.rows("SELECT count(*) FROM orders WHERE amount IS DISTINCT FROM 7")


def test_what_breaks_the_version_that_serves_is_refused_before_anything_is_done(ledger):
    serving = ledger.shipped()
    ledger.migrate(**{"001_note__expand": "ALTER TABLE orders ADD COLUMN note text"})
    ledger.shipped(code=11)
    told = ledger.report()
    assert (
        "001_note.expand.sql: statement 1 breaks `SELECT note FROM orders JOIN notes USING (id)`: 42702"
        in told
    )
    assert (serving, ["id", "total"]) == (ledger.serves, ledger.columns())
    assert "disproven" == ledger.json("schema", "status")["proofs"]["keeps"]["verdict"]

    (ledger.place / "migrations" / "001_note.expand.sql").unlink()
    ledger.migrate(**{"001_total": "ALTER TABLE orders RENAME COLUMN total TO amount"})
    ledger.shipped(code=11)
    told = ledger.report()
    assert "001_total.sql expands and contracts at once, so one of the two releases would be broken" in told
    assert (serving, ["id", "total"]) == (ledger.serves, ledger.columns())
