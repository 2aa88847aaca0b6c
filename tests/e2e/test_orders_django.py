"""A Django project renames a column while it is under load, goes back in the middle, and forward again."""

import shutil
import subprocess
import sys

import pytest

from load import Call
from tests.e2e.accepted import Accepted
from tests.e2e.database import Stored, stored_in
from tests.e2e.project import CONFIG, ORDERS, UVICORN, merged

pytestmark = pytest.mark.timeout(900)

MANAGE = (sys.executable, "manage.py")
COMMAND = [
    *(str(UVICORN), "asgi:application", "--lifespan", "off", "--host", "127.0.0.1", "--port", "{port}"),
    *("--no-access-log", "--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "5"),
]
RATE = 20.0
CALLS = (Call("GET", "/orders"), Call("GET", "/payments"))
GRANT = "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO orders"
RELEASE_1 = ["id", "item", "total", "made_by"]
RELEASE_2 = ["id", "item", "made_by", "amount"]


class Shop(Stored):
    """The example, release after release."""

    source = ORDERS.parent / "orders-django"
    defaults = merged(CONFIG, {"run": {"command": COMMAND}})

    def becomes(self, release: str) -> None:
        """The source is that of another release, as the README of the example has it."""
        shutil.copytree(self.place / "releases" / release, self.place, dirs_exist_ok=True)

    def write(self, version: str, behaviour: str = "good", **numbers: float) -> None:
        """With the statements that the release's own tests have sent."""
        super().write(version, behaviour, **numbers)
        (self.place / "statements.jsonl").unlink(missing_ok=True)
        told = {"DATABASE_URL": self.environ["OWNER_URL"], "STATEMENTS": "statements.jsonl"}
        done = subprocess.run(
            [*MANAGE, "test", "--no-input"], cwd=self.place, env=self.environ | told, capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert 0 == done.returncode, done.stderr

    def columns(self, table: str = "orders_order") -> list[str]:
        return super().columns(table)


@pytest.fixture
def shop(production, tmp_path):
    schema = {"tool": "django", "command": list(MANAGE)}
    with stored_in(tmp_path, Shop, production, schema=schema) as shop:
        with shop.database.connected() as connection:
            connection.execute(GRANT)
        yield shop


def test_a_django_project_renames_a_column_with_a_way_back_in_the_middle(shop, figure):
    first = shop.shipped()
    assert RELEASE_1 == shop.columns()
    with shop.load(RATE, CALLS) as load, Accepted(shop.port, field="total") as accepted:
        shop.becomes("2-amount")
        with shop.configured(stabilize="10m"):
            second = shop.shipped()
        assert (second, [*RELEASE_1, "amount"]) == (shop.serves, shop.columns())
        accepted.some_more(second)

        assert 0 == shop.verdigris("rollback", "it smells").returncode
        assert first == shop.serves
        accepted.some_more(first)
        assert [*RELEASE_1, "amount"] == shop.columns()
        assert [(0,)] == shop.rows("SELECT count(*) FROM orders_order WHERE amount IS DISTINCT FROM total")

        shop.until("rolled_back")
        third = shop.shipped("--until", "succeeded")
        assert (third, RELEASE_2) == (shop.serves, shop.columns())
        accepted.some_more(third)
    figure(f"a column of a Django project renamed, with a way back, under load: {load.result}")
    assert ({}, []) == (dict(load.result.by_error), accepted.failed)
    assert {first, second, third} == set(load.result.by_version)
    # What the migration dropped can still be had back, but for those that came after it.
    kept = dict(
        shop.rows(
            "SELECT id, _verdigris_gone_total FROM orders_order WHERE _verdigris_gone_total IS NOT NULL"
        )
    )
    assert kept
    assert kept.items() <= accepted.amounts().items()
    assert accepted.amounts() == dict(shop.rows("SELECT id, amount FROM orders_order"))


def test_a_migration_that_breaks_who_serves_is_refused_with_what_would_have_failed(shop):
    shop.becomes("2-amount")
    serving = shop.shipped()
    with shop.load(RATE, CALLS) as load, Accepted(shop.port, field="total") as accepted:
        shop.becomes("3-paid")
        shop.shipped(code=11)
        assert (
            "fail on the expanded schema: orders.0005_paid breaks `SELECT item, sum(paid) FROM"
            in shop.report()
        )
        assert '42702 column reference "paid" is ambiguous' in shop.report()
        assert (serving, RELEASE_2) == (shop.serves, shop.columns())

        (shop.place / "orders" / "migrations" / "0005_paid.py").unlink()
        shop.becomes("4-note")
        last = shop.shipped()
        assert (last, [*RELEASE_2, "note"]) == (shop.serves, shop.columns())
        accepted.some_more(last)
    assert ({}, []) == (dict(load.result.by_error), accepted.failed)
    assert {serving, last} == set(load.result.by_version)
    assert accepted.amounts() == dict(shop.rows("SELECT id, amount FROM orders_order"))
