"""The examples' configurations are ones that verdigris takes."""

from pathlib import Path

import pytest

from verdigris.config import load_config

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(("example", "file"), [("orders", "ORDERS_DB"), ("express-orders", "ORDERS_FILE")])
def test_the_examples_configuration_is_valid(monkeypatch, tmp_path, example, file):
    monkeypatch.setenv(file, str(tmp_path / "orders"))
    settings = load_config(EXAMPLES / example / "verdigris.yaml")
    assert "orders" == settings.app


@pytest.mark.parametrize("example", ["orders-alembic", "orders-django"])
def test_so_is_that_of_an_example_with_a_database(monkeypatch, example):
    for name in ("OWNER_URL", "DATABASE_URL_BLUE", "DATABASE_URL_GREEN"):
        monkeypatch.setenv(name, "postgresql://owner@127.0.0.1/shop")
    settings = load_config(EXAMPLES / example / "verdigris.yaml")
    assert (example.removeprefix("orders-"), "orders") == (settings.schema.tool, settings.schema.role)
