"""The example's configuration is one that verdigris takes."""

from pathlib import Path

from verdigris.config import load_config

ORDERS = Path(__file__).parents[2] / "examples" / "orders"


def test_the_examples_configuration_is_valid(monkeypatch, tmp_path):
    monkeypatch.setenv("ORDERS_DB", str(tmp_path / "orders.db"))
    settings = load_config(ORDERS / "verdigris.yaml")
    assert "orders" == settings.app
