"""The order that a verb gives: from the file and the state directory, and what is typed goes before both."""

from pathlib import Path

import pytest

from tests.unit.cli.house import FakeHouse
from tests.unit.core.worlds import BLUE, a_deployment
from verdigris.cli.schema.orders import Given, contracting, expanding, site_of
from verdigris.cli.session import Session
from verdigris.core.errors import ConfigError, Refused

HOME = Path("/state/schema/api")


def site(tmp_path, given, of=None):
    session = Session(config=tmp_path / "none.yaml", build=lambda *_: FakeHouse(state=tmp_path))
    return site_of(session, given, of)


@pytest.mark.parametrize(
    ("phase", "serves", "next_"),
    [("succeeded", "/releases/2.0", "blue"), ("rolled_back", "/releases/1.0", "green")],
)
def test_what_serves_is_kept_by_what_comes_beside_it(tmp_path, phase, serves, next_):
    given = Given(database="postgresql://a", role="shop")
    order = expanding(site(tmp_path, given, a_deployment(phase)), given, HOME).order
    assert (serves, next_, "shop") == (order.previous, order.slot, order.plan.role)


@pytest.mark.parametrize(
    ("phase", "serves", "slot"), [("succeeded", "2.0", "green"), ("rolled_back", "1.0", "blue")]
)
def test_what_serves_is_what_has_to_do_without(tmp_path, phase, serves, slot):
    given = Given(database="postgresql://a", role="shop")
    order = contracting(site(tmp_path, given, a_deployment(phase)), given, HOME).order
    assert (f"/releases/{serves}", slot) == (order.candidate, order.slot)
    assert (phase == "succeeded") is order.name.startswith(
        "d-2-"
    )  # of another release's papers nothing is read


def test_what_is_typed_goes_before_what_is_written(tmp_path):
    given = Given(
        "postgresql://a", directory=tmp_path / "sql", statements=tmp_path / "sent", role="shop", old=BLUE
    )
    work = contracting(site(tmp_path, given), given, HOME)
    plan = work.order.plan
    assert (str(tmp_path / "sql"), str(tmp_path / "sent")) == (plan.directory, plan.besides)
    assert ("postgresql://a", "", "green") == (work.url, work.shadow, work.order.slot)
    assert "green serves and blue is gone" in work.assumed


@pytest.mark.parametrize(
    ("given", "of", "error", "told"),
    [
        (Given(), None, ConfigError, "--database URL"),
        (Given("x"), None, ConfigError, "--role"),
        (Given("x", role="shop"), None, ConfigError, "--old"),
        (Given("x", role="shop", old=BLUE), a_deployment("rolled_back"), Refused, "blue serves 1.0"),
    ],
)
def test_what_cannot_be_known_is_asked_for(tmp_path, given, of, error, told):
    with pytest.raises(error, match=told):
        contracting(site(tmp_path, given, of), given, HOME)


def test_results_and_locks_are_weighed_as_it_is_typed(tmp_path):
    given = Given("postgresql://a", role="shop", shapes="recycled", hazards="allowed")
    plan = expanding(site(tmp_path, given, a_deployment("succeeded")), given, HOME).order.plan
    assert ("recycled", "allowed") == (plan.shapes, plan.hazards)
    work = expanding(site(tmp_path, given), given, HOME)
    assert ("refused", True) == (work.order.plan.shapes, "nor whose sessions to recycle" in work.assumed)
    assert str(tmp_path) in work.assumed
