"""The line above the counts of a report: read back whole, and as strict as the lines below it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.core.judging.seconds import before
from verdigris.cli.heading import heading_of
from verdigris.core.judging.exposure import longer
from verdigris.core.judging.lines import Heading, heading_line
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.state import begin

EDGES = (10.0, 20.5, 1000.0)
SETTINGS = Settings(
    alpha=0.02, grace=7, learned=True, slo_p99=250.0, weights=((Metric.ERRORS, 0.6), (Metric.SLO, 0.4))
)


def some(**changes) -> dict[str, object]:
    base = begin(SETTINGS).base
    for counts in before(1, 40):
        base = longer(base, counts, SETTINGS)
    base = base._replace(edges=EDGES, slow=(90, 8, 0), timed=100)
    return json.loads(heading_line(Heading(SETTINGS, EDGES, "green", "blue", base))) | changes


def within(key: str, **changes) -> dict[str, object]:
    row = some()
    return row | {key: row[key] | changes}


def test_a_heading_is_read_back_whole():
    base = begin(SETTINGS).base
    for counts in before(1, 40):
        base = longer(base, counts, SETTINGS)
    base = base._replace(edges=EDGES, slow=(90, 8, 0), timed=100, routes=(("GET /", 40),), outcomes=True)
    for heading in (Heading(SETTINGS, EDGES, "green", "blue", base), Heading(Settings(), goes_on=True)):
        assert heading == heading_of(json.loads(heading_line(heading)))


BAD = [
    (some(lives=1), "nobody knows 'lives'"),
    (some(settings=[]), "settings must be an object, got []"),
    (within("settings", alpha=2), "alpha must be between"),
    (within("settings", alpha=True), "settings.alpha must be a number, got true"),
    (within("settings", grace=1.5), "settings.grace must be a whole number, got 1.5"),
    (within("settings", sticky=1), "settings.sticky must be true or false, got 1"),
    (within("settings", weights={"luck": 1}), "nobody knows 'luck'"),
    (within("settings", weights={"errors": 0.5}), "the weights must sum to 1"),
    (within("settings", wisdom=1), "nobody knows 'wisdom'"),
    (some(edges=[1] * 300), "edges must be a list of at most 256"),
    (some(edges=["1"]), 'edges must be a number, got "1"'),
    (some(candidate=""), "candidate must be a name"),
    (some(live="x" * 300), "live must be a name of at most 200"),
    (some(goes_on="yes"), "goes_on must be true or false"),
    (within("baseline", slow=[1]), "baseline.slow needs 3 counts, got 1"),
    (within("baseline", errors=-1), "baseline.errors must be between 0"),
    (within("baseline", dispersion={}), "baseline.dispersion.phi must be a number, got null"),
    (
        within("baseline", dispersion={"phi": 0.5, "squares": [1, 1, 1], "variance": [1, 1, 1]}),
        "a phi of 1 or more",
    ),
    (
        within("baseline", dispersion={"phi": 1, "squares": [1], "variance": [1, 1, 1]}),
        "each of three scales",
    ),
    (
        within(
            "baseline", dispersion={"phi": 1, "squares": [1, 1, 1], "variance": [1, 1, 1], "seconds": [[1]]}
        ),
        "four counts each, got 1",
    ),
    (within("baseline", routes=[["GET /"]]), "baseline.routes are pairs"),
]


@pytest.mark.parametrize(("row", "sentence"), BAD, ids=range(len(BAD)))
def test_one_that_cannot_be_true_is_an_error_with_its_line(row, sentence, tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    path.write_text(json.dumps(row))
    typed = type_("judge", str(path))
    assert (2, "") == (typed.code, typed.out)
    assert "line 1: " in " ".join(typed.err.split())
    assert sentence in " ".join(typed.err.split())


SECOND = {"t": 5, "live": {"requests": 9, "slow": [3, 1]}, "candidate": {"requests": 0}}
BAD_SECONDS = [
    (SECOND | {"live": {"requests": 9, "slow": [1, 1, 1, 1]}}, "live.slow must be a list of at most 3"),
    (SECOND | {"live": {"requests": 9, "slow": [1.5]}}, "live.slow must be a whole number, got 1.5"),
    (SECOND | {"live": {"requests": 9, "slow": [1, 2]}}, "must not grow with the edge"),
    (
        SECOND | {"live": {"requests": 9, "slow": {"7": 1}}, "candidate": {"requests": 1, "slow": [1]}},
        "other edges",
    ),
    (SECOND | {"routes": []}, "routes must be at most 100 routes"),
    (SECOND | {"routes": {"GET /": 1}}, "routes.GET / must be an object"),
    (SECOND | {"routes": {"": {}}}, "a route must be a name"),
    (SECOND | {"routes": {"GET /": {"live": {"requests": 1}}}}, "candidate is missing"),
    (SECOND | {"control": {"live": {"requests": 1}}}, "candidate is missing"),
    (SECOND | {"control": 7}, "live is missing"),
]


@pytest.mark.parametrize(("row", "sentence"), BAD_SECONDS, ids=range(len(BAD_SECONDS)))
def test_a_second_below_it_is_read_by_its_edges_and_no_others(row, sentence, tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    path.write_text(f"{json.dumps(some())}\n{json.dumps(row)}")
    typed = type_("judge", str(path))
    assert (2, True) == (typed.code, "line 2: " in " ".join(typed.err.split()))
    assert sentence in " ".join(typed.err.split())


def test_below_a_heading_in_which_a_trial_begins_time_may_begin_anew(tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    early = json.dumps(SECOND | {"t": 1})
    path.write_text("\n".join([json.dumps(some()), json.dumps(SECOND), json.dumps(some()), early]))
    assert 0 == type_("judge", str(path)).code
    path.write_text(
        "\n".join([json.dumps(some()), json.dumps(SECOND), json.dumps(some(goes_on=True)), early])
    )
    assert "line 4: t goes back from 5 to 1" in " ".join(type_("judge", str(path)).err.split())


def test_a_list_without_a_heading_has_no_edges(tmp_path: Path, type_: Type):
    path = tmp_path / "counts.jsonl"
    path.write_text(json.dumps(SECOND))
    assert "live.slow must be at most 256 edges in ms" in " ".join(type_("judge", str(path)).err.split())
