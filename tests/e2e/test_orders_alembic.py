"""examples/orders-alembic: a column gets another name, there, back and there again, and nobody who orders notices."""

import shutil
import subprocess
import sys

import pytest

from load import Call
from tests.e2e.accepted import Accepted
from tests.e2e.database import Stored, stored_in
from tests.e2e.project import CONFIG, ORDERS, UVICORN, merged

pytestmark = pytest.mark.timeout(1500)

ALEMBIC = [sys.executable, "-m", "alembic"]
CALLS = (
    Call("GET", "/orders", share=4),
    Call("GET", "/orders/1"),
    Call("POST", "/orders", b'{"item":"cake","amount":7}', 2),
)
BEFORE, AFTER = 'Column("total", Integer, key="amount")', 'Column("amount", Integer)'
RENAME = ("0002_amount.py", "0003_old_amounts.py", "0004_no_total.py")
REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = "0004"


def upgrade():
    {body}
"""
KEPT = "SELECT id, _verdigris_gone_total FROM orders WHERE item = 'tea' AND _verdigris_gone_total IS NOT NULL"


class Orders(Stored):
    """The example. `renamed` is whether a release is the one that says `amount`, with the revisions for it."""

    source, renamed = ORDERS.parent / "orders-alembic", True
    defaults = merged(
        CONFIG,
        {
            "run": {
                "command": [str(UVICORN), "--factory", "orders_api:make", *CONFIG["run"]["command"][3:]],
                "instances": 1,
                "surge": 1,
            }
        },
    )

    def __init__(self, *words, production, **sections):
        super().__init__(*words, **sections)
        self.production = production
        self.noted = {}

    def write(self, version, behaviour="good", **numbers):
        super().write(version, behaviour, **numbers)
        table = (self.source / "orders_table.py").read_text()
        assert AFTER in table
        for name in RENAME:
            path = self.versions / name
            shutil.copy(self.source / "migrations" / "versions" / name, path)
            path.unlink() if not self.renamed else None
        (self.place / "orders_table.py").write_text(table if self.renamed else table.replace(AFTER, BEFORE))
        (self.place / "statements.jsonl").write_text(self.statements())

    @property
    def versions(self):
        return self.place / "migrations" / "versions"

    def statements(self):
        """What the release says it sends: noted as its CI would, on a database that has its whole schema."""
        if self.renamed not in self.noted:
            scratch = self.production.create()
            environ = {**self.environ, "DATABASE_URL": scratch.url()}
            for command in ([*ALEMBIC, "upgrade", "head"], [sys.executable, "record.py"]):
                subprocess.run(command, cwd=self.place, env=environ, check=True, timeout=120)
            self.noted[self.renamed] = (self.place / "statements.jsonl").read_text()
        return self.noted[self.renamed]

    def revise(self, name, body):
        (self.versions / f"{name}.py").write_text(REVISION.format(name=name, body=body))

    def differing(self):
        return self.rows("SELECT id, total, amount FROM orders WHERE total IS DISTINCT FROM amount")


@pytest.fixture
def orders(production, tmp_path):
    schema = {"tool": "alembic", "command": ALEMBIC}

    def kind(*words, **sections):
        return Orders(*words, production=production, **sections)

    with stored_in(tmp_path, kind, production, schema=schema) as project:
        yield project


def test_a_column_is_renamed_there_and_back_and_there_again(orders, figure):
    orders.renamed = False
    first = orders.shipped("--until", "succeeded")
    assert ["id", "item", "total", "made_by"] == orders.columns()
    with orders.load(10.0, CALLS) as load, Accepted(orders.port) as placed:
        placed.some_more(first)
        second, third = there_and_back_and_there_again(orders, placed, first)
        placed.some_more(third)
    figure(f"a column renamed by Alembic, with a way back: {load.result}, {len(placed.orders)} orders more")
    assert ({}, []) == (dict(load.result.by_error), placed.failed)
    assert {first, second, third} == set(load.result.by_version)
    assert ["id", "item", "made_by", "amount"] == orders.columns()
    assert ["total"] == orders.buried()
    kept = dict(orders.rows(KEPT))
    assert kept
    assert kept.items() <= placed.amounts().items()
    assert placed.amounts() == dict(orders.rows("SELECT id, amount FROM orders WHERE item = 'tea'"))
    cakes = sum(each.status == 201 for each in load.result.answered)
    assert [(cakes, 7, 7)] == orders.rows(
        "SELECT count(*), min(amount), max(amount) FROM orders WHERE item = 'cake'"
    )


def there_and_back_and_there_again(orders, placed, first):
    orders.renamed = True
    orders.configure(stabilize="10m")
    second = orders.shipped()
    orders.until("stabilize")
    assert second == orders.serves
    placed.some_more(second)
    assert [] == orders.differing()

    assert 0 == orders.verdigris("rollback", "not yet").returncode
    assert first == orders.serves
    placed.some_more(first)
    assert ["id", "item", "total", "made_by", "amount"] == orders.columns()
    assert [] == orders.differing()

    orders.until("rolled_back")
    orders.configure(stabilize="1s")
    return second, orders.shipped("--until", "succeeded")


def test_a_revision_that_breaks_what_serves_is_refused_before_anything_is_done_and_another_is_not(orders):
    serving = orders.shipped("--until", "succeeded")
    before = orders.columns()
    assert ["id", "item", "made_by", "amount"] == before
    orders.revise("0005", 'op.add_column("orders", sa.Column("note", sa.Text))')
    orders.shipped(code=11)
    told = orders.report()
    assert "0005 breaks `SELECT id, item, note FROM orders LEFT JOIN items USING (item) WHERE id =" in told
    assert '42702 column reference "note" is ambiguous' in told
    assert (serving, before) == (orders.serves, orders.columns())

    (orders.versions / "0005.py").unlink()
    orders.revise("0006", 'op.add_column("orders", sa.Column("remark", sa.Text))')
    harmless = orders.shipped("--until", "succeeded")
    assert (harmless, [*before, "remark"]) == (orders.serves, orders.columns())
