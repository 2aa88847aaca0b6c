"""What a job is told."""

from dataclasses import replace

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.jobs.order import Deed, Order, Plan, order_of

ORDER = Order(
    Deed.PROVE, Plan("alembic", command=(".venv/bin/alembic",), role="orders"), "/state/schema/api", "abc",
    "/releases/2", "/releases/1", "green",
)  # fmt: skip


def test_an_order_comes_as_it_was_given():
    assert ORDER == order_of(ORDER.text())
    assert ("/state/schema/api", "abc") == (str(ORDER.desk().home), ORDER.desk().name)


def test_what_is_for_the_tool_alone_is_in_no_text():
    order = replace(ORDER, plan=replace(ORDER.plan, environ=(("SECRET_KEY", "hunter2"),)))
    assert "hunter2" not in f"{order.text()} {order!r}"
    assert ORDER == order_of(order.text())


@pytest.mark.parametrize(
    "text", ["", "{", "null", "{}", '{"deed": "drop", "plan": {"command": []}}', " " * 70_000]
)
def test_what_is_no_order_is_refused(text):
    with pytest.raises(ConfigError, match="no order that it understands"):
        order_of(text)
