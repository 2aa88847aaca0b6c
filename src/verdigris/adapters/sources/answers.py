"""Answers of Prometheus' HTTP API to instant queries, read strictly: bytes in, samples out.

Its numbers are texts, so that NaN and infinity can be told; they are no counts. An answer with warnings is not whole.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from verdigris.adapters.sources.sums import MOST, SERIES_MOST, json_of
from verdigris.core.errors import ObservationError

__all__ = ["SAID_MOST", "counters_in", "moment_in", "said_in"]

SAID_MOST = 300
"""Characters of Prometheus' own words that are repeated."""
TEXT_MOST = 40
"""Characters of a number."""
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)


def counters_in(body: bytes) -> dict[str, int]:
    """The value of every series of a vector, or the one of a scalar; empty where no series matched."""
    data = data_in(body)
    kind, result = data.get("resultType"), data.get("result")
    if kind == "scalar":
        return {"": counter(value_of(result))}
    if kind != "vector" or not isinstance(result, list):
        raise ObservationError(f"it returns a {kind}, where one number for each series is needed")
    if len(result) > SERIES_MOST:
        raise ObservationError(f"it returns {len(result)} series, at most {SERIES_MOST} are followed")
    found = dict(map(sample, result))
    if len(found) < len(result):
        raise ObservationError("it returns a series twice")
    return found


def moment_in(body: bytes) -> float:
    """When Prometheus thinks that it is, in its own seconds since 1970: the answer to `time()`."""
    found = value_of(data_in(body).get("result"))
    if not 0.0 <= found < MOST:
        raise ObservationError(f"it says that it is {found:g} seconds after 1970")
    return found


def said_in(body: bytes) -> str:
    """Why Prometheus refused, in its own words; empty where it said nothing that can be read."""
    try:
        document = json_of(body)
    except ObservationError:
        return ""
    found = document.get("error") if isinstance(document, dict) else None
    return shown(found) if isinstance(found, str) else ""


def data_in(body: bytes) -> Mapping[str, Any]:
    document = json_of(body)
    if not isinstance(document, dict) or document.get("status") != "success":
        raise ObservationError(said_in(body) or "the answer does not say success: is it Prometheus?")
    if document.get("warnings"):
        raise ObservationError(f"the answer is not whole: {shown(document['warnings'])}")
    data = document.get("data")
    if not isinstance(data, dict):
        raise ObservationError("the answer has no data: is it Prometheus?")
    return data


def sample(one: object) -> tuple[str, int]:
    """The name of a series, which is all of its labels, and its value."""
    metric = one.get("metric") if isinstance(one, dict) else None
    if not isinstance(one, dict) or not isinstance(metric, dict):
        raise ObservationError("it returns something that is no series")
    if "value" not in one:
        raise ObservationError("it returns histograms, where one number for each series is needed")
    return json.dumps(metric, sort_keys=True), counter(value_of(one["value"]))


def value_of(pair: object) -> float:
    """The number of `[seconds, "number"]`."""
    if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], str):
        raise ObservationError("it returns a value that is no number")
    text = pair[1][:TEXT_MOST]
    if not NUMBER.fullmatch(text) or not math.isfinite(found := float(text)):
        raise ObservationError(f"it returns {shown(text)}, which is no count")
    return found


def counter(value: float) -> int:
    if not 0.0 <= value < MOST:
        raise ObservationError(f"it returns {value:g}, which is no count")
    return int(value)


def shown(said: object) -> str:
    """Somebody else's words in a sentence of ours: short, and harmless on a terminal."""
    text = str(said)[:SAID_MOST]
    return text if text.isprintable() else ascii(text)
