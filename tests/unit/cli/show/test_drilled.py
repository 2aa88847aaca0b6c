"""The last drill in words, and as a document."""

import dataclasses

from verdigris.cli.show.drilled import (
    abandoned_words,
    drilled_document,
    drilled_line,
    drilled_sentence,
    drilled_words,
    own,
)
from verdigris.core.deployment import Deployment, Drill, Drilled
from verdigris.core.world import PerSlot, Release, Slot

WORKED = Drilled(
    100, Slot.BLUE, "1.0", "ada", 1000.0, 0.012, 0.0104, PerSlot(1000, 234), PerSlot(0, 0), complete=True
)
SAID = "100 % to blue (1.0), there in 12 ms, back in 10 ms, 0 of 1,234 requests failed"


OWN = dataclasses.replace(WORKED, deployment="d-2", users=223, own=11, unanswered=0)


def deployment(phase, drilled=None, **changes):
    old, new = (Release(v, v, f"/{v}", ("run",)) for v in ("1.0", "2.0"))
    return Deployment("d-2", "api", new, old, Slot.GREEN, phase=phase, drilled=drilled, **changes)


def test_it_is_said_in_one_line():
    assert SAID == drilled_words(WORKED)
    assert f"3 d 0 h ago: {SAID}" == drilled_line(deployment("bake", WORKED), 1000.0 + 3 * 86_400)


def test_it_was_never_tried_is_said_where_it_could_be():
    assert "never tried: `verdigris drill`" == drilled_line(deployment("stabilize"), 0.0)
    assert "" == drilled_line(deployment("bake"), 0.0)


def test_a_way_back_that_was_not_the_one_tried_is_named():
    now = deployment("stabilize", dataclasses.replace(WORKED, slot=Slot.GREEN, version="0.9"))
    assert drilled_line(now, 5000.0).startswith("in an earlier deployment, 1:06:40 ago: ")
    assert drilled_line(now, 5000.0).endswith("; the way back to blue (1.0) was not tried yet")
    assert drilled_line(deployment("stabilize", WORKED), 5000.0).endswith(SAID)


def test_a_failed_one_says_so_first():
    failed = dataclasses.replace(WORKED, trouble="blue fails")
    assert "ago: the way back did not work: blue fails; 100 %" in drilled_line(
        deployment("bake", failed), 5000.0
    )


def test_a_program_is_told_the_same():
    document = drilled_document(WORKED)
    assert (None, None, None) == (document["deployment"], document["judged_by"], document["unanswered"])
    assert (100, "blue", 0.012, {"blue": 1000, "green": 234}, None) == (
        *(document["share"], document["slot"], document["there"], document["requests"]),
        document["trouble"],
    )


def test_one_of_an_earlier_deployment_is_said_to_be_so_and_that_this_one_had_none():
    inherited = dataclasses.replace(OWN, deployment="d-1")
    said = {
        phase: drilled_line(deployment(phase, inherited), 1041.0)
        for phase in ("bake", "stabilize", "succeeded")
    }
    assert {True} == {line.startswith("in d-1, 41 s ago: 100 % to blue (1.0)") for line in said.values()}
    assert said["bake"].endswith("of our own in blue")
    assert said["stabilize"].endswith("; the way back to blue (1.0) was not tried yet")
    assert said["succeeded"].endswith("; the way back to blue (1.0) was never tried")
    assert (False, True) == tuple(own(deployment("bake"), record) for record in (inherited, OWN))
    assert drilled_line(deployment("stabilize", OWN), 1041.0).startswith("41 s ago: 100 %")


def test_whose_requests_judged_it_is_said_with_what_never_came_back():
    assert drilled_sentence(OWN) == (
        f"the way back works: {SAID}, judged by 223 requests of users and 11 of our own in blue"
    )
    document = drilled_document(dataclasses.replace(OWN, unanswered=7, cut_off="superseded by d-3"))
    assert ("d-2", {"users": 223, "own": 11}, 7, "superseded by d-3") == (
        *(document["deployment"], document["judged_by"]),
        *(document["unanswered"], document["cut_off"]),
    )


def test_one_that_nobody_looks_after_says_where_traffic_stays():
    out = Drill(100, "ada", 900.0)
    assert (
        "no controller runs, so 100 % of the traffic stays on blue (1.0) and nobody brings it home"
        == abandoned_words(deployment("stabilize", drill=out))
    )
    turned = deployment("stabilize", drill=dataclasses.replace(out, turned=950.0))
    assert "no controller runs, so nobody sees the drill's traffic home" == abandoned_words(turned)
    assert "" == abandoned_words(deployment("stabilize"))
