"""Which files the logs of a house are, and their last lines."""

from __future__ import annotations

import pytest

from verdigris.bootstrap.logs import tail
from verdigris.core.errors import Refused


@pytest.mark.parametrize(
    ("name", "file"),
    [("router", "router/haproxy.log"), ("keeper", "keeper.log"), ("controller", "controller.log")],
)
def test_every_part_has_its_log(make_house, name, file):
    house = make_house()
    assert [house.state / file] == house.log_files(name)


def test_a_slot_has_the_logs_of_its_instances_in_order(make_house):
    house = make_house()
    (house.state / "logs").mkdir()
    for name in (
        "orders.blue-2.log",
        "orders.green-1.log",
        "orders.blue-1.log",
        "orders.blue-1.log.1",
        "search.blue-1.log",
    ):
        (house.state / "logs" / name).write_text(f"{name} said\n")
    assert ["orders.blue-1.log", "orders.blue-2.log"] == [path.name for path in house.log_files("blue")]
    assert ["orders.blue-1.log said", "orders.blue-2.log said"] == list(house.logs("blue", 20))


@pytest.mark.parametrize("name", ["purple", "blue-", "blue-x", "../../secret", "/etc/passwd", ""])
def test_a_log_of_nobody_is_refused(make_house, name):
    with pytest.raises(Refused, match="there is no log of"):
        make_house().log_files(name)


def test_a_log_that_was_never_written_has_no_lines(make_house):
    assert [] == list(make_house().logs("controller", 20))


def test_a_tail_reads_no_more_than_its_bound_and_any_bytes(tmp_path):
    path = tmp_path / "a.log"
    path.write_bytes(b"first\n" + b"x" * (300 << 10) + b"\n\xfflast\n")
    whole = tail(path, 1000)
    assert (256 << 10) > max(map(len, whole))
    assert "first" not in whole
    assert ["\ufffdlast"] == tail(path, 1)
