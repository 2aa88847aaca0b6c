"""Which source is which, and whether what users get can be counted before anything is deployed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers.prometheus import prometheus_in_a_thread
from verdigris.adapters.sources.command import CountsCommand
from verdigris.adapters.sources.file import CountsFile
from verdigris.adapters.sources.prometheus import Prometheus
from verdigris.bootstrap.examination import examine
from verdigris.bootstrap.sources import outcomes, reader_of, serving
from verdigris.config import PrometheusSettings, SignalSettings
from verdigris.core.world import Slot
from verdigris.testing.conformance.examples import example_saved

GOOD = 'orders_total{result="approved",slot="{slot}"}'
BAD = 'orders_total{result="declined",slot="{slot}"}'
FILE = "signals: {file: counts.jsonl}\n"


@pytest.mark.parametrize(
    ("signals", "kind"),
    [
        (SignalSettings(prometheus=PrometheusSettings("http://a", "{slot}", "b{slot}")), Prometheus),
        (SignalSettings(file=Path("counts")), CountsFile),
        (SignalSettings(command=("counts", "{slot}")), CountsCommand),
    ],
)
def test_each_has_its_reader(signals, kind):
    assert isinstance(reader_of(signals, Path()), kind)


def found(house):
    return outcomes(house, house.settings)


def test_nothing_is_said_where_nobody_counts(make_house):
    house = make_house()
    assert found(house) is None
    assert "signals" not in [check.name for check in examine(house)]


def test_before_the_first_release_there_is_nothing_to_count(make_house):
    check = found(make_house(FILE))
    assert (True, "orders: what users get is counted once a release serves") == (check.passed, check.sentence)


@pytest.fixture
def deployed(make_house, monkeypatch):
    """A release serves in green."""

    def make(more):
        house = make_house(more)
        monkeypatch.setattr("verdigris.bootstrap.sources.serving", lambda house, app: Slot.GREEN)
        return house

    return make


def test_what_was_counted_in_the_slot_that_serves_is_shown(deployed):
    house = deployed(FILE)
    (house.config.parent / "counts.jsonl").write_text(json.dumps({"green": {"good": 90, "bad": 1}}))
    check = found(house)
    assert (True, "orders: 90 good and 1 bad in green so far") == (check.passed, check.sentence)


def test_a_source_that_cannot_count_it_is_an_error_of_plan_and_doctor(deployed):
    house = deployed(FILE)
    check = next(check for check in examine(house) if check.name == "signals")
    where = house.config.parent / "counts.jsonl"
    said = f"orders: nobody counts what users get: {where} cannot be read: No such file or directory"
    assert (False, said) == (check.passed, check.sentence)


def test_a_query_that_never_returned_a_sample_is_an_error_with_what_to_do(deployed):
    with prometheus_in_a_thread() as server:
        server.show("blue", 10, 0)
        house = deployed(f"signals: {{prometheus: {{url: '{server.url}', good: '{GOOD}', bad: '{BAD}'}}}}\n")
        check = found(house)
        server.show("green", 10, 0)
        mended = found(house)
    assert not check.passed
    assert (
        "signals.prometheus.good returned nothing for green. Run it on Prometheus' own page" in check.sentence
    )
    assert (True, "orders: 10 good and 0 bad in green so far") == (mended.passed, mended.sentence)


@pytest.mark.parametrize(("phase", "slot"), [("stabilize", "candidate"), ("rolled_back", "live")])
def test_the_slot_that_serves_is_that_of_the_last_deployment(make_house, monkeypatch, phase, slot):
    house, saved = make_house(), example_saved()
    d = replace(saved.deployment, phase=phase)

    class Desk:
        def ready(self):
            return True

        def newest(self, app):
            return replace(saved, deployment=d)

    monkeypatch.setattr(house, "desk", Desk)
    assert getattr(d, slot) is serving(house, "api")
