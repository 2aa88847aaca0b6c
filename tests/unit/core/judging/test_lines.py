"""What a trial was told, as lines: as much as it was told, and no more. That they can be read again is the CLI's."""

import json

from verdigris.core.judging.counts import Arm, Control, Counts, Route
from verdigris.core.judging.lines import Heading, heading_line, second_line
from verdigris.core.judging.settings import Settings


def test_a_second_has_what_was_told_and_slow_requests_up_to_the_last():
    counts = Counts(7, Arm(9, 1, (3, 0, 0), again=2), Arm(4, good=3, bad=1), (50.0, 100.0, 250.0))
    assert {
        "t": 7,
        "live": {"requests": 9, "errors": 1, "slow": [3], "again": 2},
        "candidate": {"requests": 4, "errors": 0, "good": 3, "bad": 1},
    } == json.loads(second_line(counts))


def test_share_routes_and_control_are_there_where_they_are_known():
    counts = Counts(
        7, Arm(9), Arm(4), share=0.5, routes=(Route("GET /", 1, 0, 4, 9),), control=Control(Arm(2), Arm(2, 1))
    )
    row = json.loads(second_line(counts))
    assert {
        "GET /": {"live": {"requests": 9, "errors": 0}, "candidate": {"requests": 4, "errors": 1}}
    } == row["routes"]
    assert (0.5, 1) == (row["share"], row["control"]["candidate"]["errors"])


def test_a_heading_says_by_what_it_is_judged():
    row = json.loads(heading_line(Heading(Settings(alpha=0.02), (0.5, 100.0), "green", "blue", goes_on=True)))
    assert (0.02, [0.5, 100], "green", "blue", True) == (
        row["settings"]["alpha"], row["edges"], row["candidate"], row["live"], row["goes_on"],
    )  # fmt: skip
    assert "baseline" not in row
