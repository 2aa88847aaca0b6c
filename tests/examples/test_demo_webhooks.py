"""What the demo shows of webhooks and rehearsals, with a real API: once though twice, and not at all."""

from pathlib import Path

import pytest

from demo import FOLLOWERS
from demo_kit import ask, rehearsed
from demo_webhooks import Provider
from tests.waiting import eventually_sync

TOLD_BY, TELLS_BY = "whsec_" + "b3JkZXJz" * 5, "whsec_" + "cGF5bWVu" * 5
TEA = {"item": "tea"}


@pytest.fixture
def provider():
    running = Provider(TOLD_BY, TELLS_BY)
    yield running
    running.stop()


@pytest.fixture
def api(start, provider, tmp_path):
    """An API in the live slot, which tells the provider of each order, laid out as the keeper does it."""
    told = tmp_path / "state" / "told" / "orders.green" / "0123456789abcdef"
    (tmp_path / "state" / "logs").mkdir(parents=True)
    told.mkdir(parents=True)
    (told / "secret").touch(0o600)
    (told / "secret").write_text("green's own\n")
    server = start(
        VERDIGRIS_SLOT="green",
        VERDIGRIS_SECRET_FILE=str(told / "secret"),
        WEBHOOK_URL=provider.url,
        WEBHOOK_SECRET=TOLD_BY,
        PAYMENTS_SECRET=TELLS_BY,
        PUBLIC_URL="http://127.0.0.1:8080",
    )
    (tmp_path / "state" / "logs" / "orders.green-1.log").symlink_to(tmp_path / f"{server.port}.log")
    return server


def test_a_payment_that_is_told_twice_is_counted_once(api, provider):
    api.ask("POST", "/orders", TEA)
    eventually_sync(lambda: provider.told, "the order to be told")
    assert "http://127.0.0.1:8080/webhooks/payments" == provider.told["callback"]
    provider.told["callback"] = f"http://127.0.0.1:{api.port}/webhooks/payments"
    assert [204, 204] == provider.pay(times=2)
    assert {"payments": 1, "amount": 5} == ask(f"http://127.0.0.1:{api.port}/payments")
    assert 0 == provider.strange


def test_an_order_that_is_rehearsed_is_told_to_nobody_and_taken_back(api, provider, tmp_path):
    came_true, said = rehearsed(tmp_path / "state", TEA)
    assert "an order was rehearsed in green: 1 webhook was held back, and the order was taken back" == said
    assert came_true
    assert ({}, []) == (provider.told, api.ask("GET", "/orders").body["orders"])


def test_a_stranger_who_tells_of_orders_is_counted(provider):
    other = Provider(TOLD_BY, "whsec_" + "b3RoZXJz" * 5)
    other.told = {"id": 1, "callback": provider.url}
    assert [204] == other.pay(times=1)
    other.stop()
    assert ({}, 1) == (provider.told, provider.strange)


def test_the_readme_shows_what_the_demo_says_of_them():
    shown = (Path(__file__).parents[2] / "README.md").read_text()
    for sentence in (
        "a signed payment came twice, answered 204 and 204, and was counted 1 time",
        "an order was rehearsed in green: 1 webhook was held back, and the order was taken back",
        f"{FOLLOWERS} of {FOLLOWERS} event streams ended behind a whole event, all of their readers came back",
    ):
        assert f"  {sentence}" in shown
