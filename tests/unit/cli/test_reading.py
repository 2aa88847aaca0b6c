"""status, explain, history, report, logs and docs: they read, and they work when little is there to read."""

from __future__ import annotations

import json

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.expected import same_screen
from tests.unit.cli.house import FakeHouse, Nature
from verdigris.core.errors import ObservationError

BAD = Nature(error_rate=0.3, turns_bad_after=9.0)


@pytest.fixture
def lived(house: FakeHouse) -> FakeHouse:
    """A good release, a bad one, and a good one in its bake."""
    house.ship("1.0")
    house.ship("2.0", BAD, phase="rolled_back")
    house.ship("2.1", phase="bake")
    house.pause(5.0)
    return house


def test_status_without_any_deployment_says_what_to_type(type_: Type):
    typed = type_("status")
    assert 0 == typed.code
    assert "nothing is deployed yet" in typed.out
    assert "verdigris deploy" in typed.out


def test_status_works_with_the_controller_dead(lived: FakeHouse, type_: Type):
    lived.running = False
    lived.pause(65.0)
    typed = type_("status")
    assert 0 == typed.code
    assert "no controller" in typed.out
    assert "1:05 ago" in typed.out


def test_status_works_with_a_database_that_nobody_can_read(lived: FakeHouse, type_: Type, monkeypatch):
    def damaged(**_):
        raise ObservationError("it is damaged")

    monkeypatch.setattr(lived.memory, "events", damaged)
    assert 0 == type_("status").code


def test_status_as_a_document(lived: FakeHouse, type_: Type):
    told = json.loads(type_("status", "--json").out)
    assert ("orders", "d-3", "bake", "2.1") == (
        told["app"],
        told["deployment"],
        told["phase"],
        told["version"],
    )
    green, blue = told["slots"]["green"], told["slots"]["blue"]
    assert ("live", 100, 2) == (green["role"], green["weight"], green["healthy"])
    assert ("retained", 0) == (blue["role"], blue["weight"])
    assert 20.0 == told["meter"]["whole"]
    assert 4711 == told["controller"]["pid"]


def test_explain_names_cause_evidence_and_next_command(lived: FakeHouse, type_: Type):
    typed = type_("explain")
    assert "It is in bake, phase 6 of 9" in typed.out
    assert "Traffic goes back to 1.0 in blue by itself" in typed.out
    assert "verdigris rollback" in typed.out


def test_explain_as_a_document(lived: FakeHouse, type_: Type):
    told = json.loads(type_("explain", "--json").out)
    assert {"where", "waiting_for", "evidence", "comes_next", "next"} <= set(told)


def test_history(lived: FakeHouse, type_: Type):
    same_screen("history", type_("history").out)


def test_history_as_documents(lived: FakeHouse, type_: Type):
    told = [json.loads(line) for line in type_("history", "--json").out.splitlines()]
    assert ["d-3", "d-2", "d-1"] == [each["deployment"] for each in told[:-1]]
    assert told[:-1] == [{"type": "deployment", **each} for each in told[-1]["deployments"]]


def test_history_of_nothing(type_: Type):
    assert "nothing was ever deployed" in type_("history").out


def test_a_report_of_an_earlier_deployment(lived: FakeHouse, type_: Type):
    same_screen("report", type_("report", "d-2").out)


def test_a_report_as_markdown(lived: FakeHouse, type_: Type):
    same_screen("report-markdown", type_("report", "d-2", "--markdown").out)


def test_a_report_as_a_document(lived: FakeHouse, type_: Type):
    told = json.loads(type_("report", "d-2", "--json").out)
    assert "rolled_back" == told["phase"]
    assert "cutover" in [phase["phase"] for phase in told["phases"]]
    assert any(event["kind"] == "alert" for event in told["events"])


def test_a_report_of_what_never_was(lived: FakeHouse, type_: Type):
    typed = type_("report", "d-42")
    assert 1 == typed.code
    assert "no deployment d-42. See `verdigris history`" in typed.err


def test_logs_are_harmless(lived: FakeHouse, type_: Type):
    typed = type_("logs", "green-1")
    assert "green-1 says \\x1b[31mhello\n" * 2 == typed.out


def test_logs_without_a_name_are_of_the_slot_that_serves(lived: FakeHouse, type_: Type):
    assert type_("logs").out.startswith("green says")


def test_logs_that_are_followed_come_line_by_line_and_survive_a_rotation(
    lived: FakeHouse, type_: Type, monkeypatch
):
    path = lived.state / "router.log"
    path.write_text("old\n")
    writes = iter(["one\ntw", "o\n", None, "new\n"])

    def pause(seconds: float) -> None:
        text = next(writes, "end")
        if text == "end":
            raise KeyboardInterrupt
        if text is None:
            path.rename(path.with_suffix(".1"))
            path.write_text("")
        else:
            with path.open("a") as file:
                file.write(text)

    monkeypatch.setattr(lived, "pause", pause)
    typed = type_("logs", "router", "--follow")
    assert ["one", "two", "new"] == typed.out.splitlines()[2:]


@pytest.mark.parametrize(
    "topic", ["", "example", "configuration", "schema", "phases", "exit-codes", "bake", "run"]
)
def test_docs(type_: Type, topic):
    typed = type_("docs", *([topic] if topic else []))
    assert 0 == typed.code
    assert typed.out.strip()


def test_watch_without_a_terminal_tells_it_line_by_line_to_its_end(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.ship("2.0", BAD, phase="provision")
    typed = type_("watch")
    assert 0 == typed.code
    assert "● restore" in typed.err
    assert "orders 2.0 was rolled back" in typed.out


def test_status_says_what_is_to_be_done_about_certificates(house: FakeHouse, type_: Type):
    house.ship("1.0")
    house.certificates = ("orders: the certificate expires in 9 days: see whether its renewal still runs",)
    assert "certificate  orders: the certificate expires in 9 days" in type_("status").out
    assert list(house.certificates) == json.loads(type_("status", "--json").out)["certificates"]
