"""Prometheus' answers, strictly: bytes in, counters or one sentence out."""

import json

import pytest

from verdigris.adapters.sources.answers import SAID_MOST, counters_in, moment_in, said_in
from verdigris.adapters.sources.sums import SERIES_MOST
from verdigris.core.errors import ObservationError


def answer(result, kind="vector", **more):
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


def series(value="1", **labels):
    return {"metric": labels, "value": [1.5, value]}


def refusal(read, body):
    with pytest.raises(ObservationError) as refused:
        read(body)
    return str(refused.value)


def test_every_series_of_a_vector_has_its_value():
    found = counters_in(answer([series("3", a="x"), series("4e1", a="y")]))
    assert {'{"a": "x"}': 3, '{"a": "y"}': 40} == found


def test_a_scalar_is_one_series_without_a_name():
    assert {"": 7} == counters_in(answer([1.5, "7"], kind="scalar"))


def test_no_series_is_no_error_here():
    assert {} == counters_in(answer([]))


def test_notes_that_may_be_nothing_are_no_reason():
    assert {"{}": 1} == counters_in(answer([series()], infos=["metric might not be a counter"]))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (answer([], kind="matrix"), "it returns a matrix"),
        (answer([1, "x"], kind="string"), "it returns a string"),
        (answer({}), "it returns a vector"),
        (answer([series(), series()]), "a series twice"),
        (answer([series(n=str(n)) for n in range(SERIES_MOST + 1)]), "1001 series"),
        (answer([{"metric": {}, "histogram": [1.5, {}]}]), "histograms"),
        (answer([{"value": [1, "1"]}]), "no series"),
        (answer(["x"]), "no series"),
        (answer([series(1)]), "a value that is no number"),
        (answer([{"metric": {}, "value": "1"}]), "a value that is no number"),
        (answer([{"metric": {}, "value": [1, "1", "2"]}]), "a value that is no number"),
        (answer([series("NaN")]), "'NaN', which is no count".replace("'", "")),
        (answer([series("\x1b[2J")]), "which is no count"),
        (answer([series("1_000")]), "1_000, which is no count"),
        (answer([series(" 1")]), "which is no count"),
        (answer([series("1e999")]), "which is no count"),
        (answer([series("-3")]), "-3, which is no count"),
        (answer([series("9007199254740992")]), "which is no count"),
        (answer([], warnings=["partial"]), "not whole"),
        (b'{"status": "success"}', "no data"),
        (b'{"status": "error", "error": "query timed out"}', "query timed out"),
        (b'{"status": "error"}', "is it Prometheus?"),
        (b"[]", "is it Prometheus?"),
        (b"", "no JSON"),
    ],
)
def test_anything_else_is_refused_with_what_it_is(body, said):
    refused = refusal(counters_in, body)
    assert said in refused
    assert refused.isprintable()


def test_what_somebody_else_says_is_cut_and_harmless():
    said = said_in(json.dumps({"error": "\x1b[2J" + "x" * 10_000}).encode())
    assert said.isprintable()
    assert len(said) < 2 * SAID_MOST


@pytest.mark.parametrize(
    "body", [answer([1, "-5"], kind="scalar"), answer([1, "NaN"], kind="scalar"), answer([])]
)
def test_a_clock_that_says_nonsense_is_no_clock(body):
    refusal(moment_in, body)


def test_prometheus_says_what_time_it_is():
    assert 1435781451.781 == moment_in(answer([1435781451.781, "1435781451.781"], kind="scalar"))
