"""The last drill in words, and as a document."""

import dataclasses

from verdigris.cli.show.drilled import drilled_document, drilled_line, drilled_words
from verdigris.core.deployment import Deployment, Drilled
from verdigris.core.world import PerSlot, Release, Slot

WORKED = Drilled(
    100, Slot.BLUE, "1.0", "ada", 1000.0, 0.012, 0.0104, PerSlot(1000, 234), PerSlot(0, 0), complete=True
)
SAID = "100 % to blue (1.0), there in 12 ms, back in 10 ms, 0 of 1,234 requests failed"


def deployment(phase, drilled=None):
    old, new = (Release(v, v, f"/{v}", ("run",)) for v in ("1.0", "2.0"))
    return Deployment("d-2", "api", new, old, Slot.GREEN, phase=phase, drilled=drilled)


def test_it_is_said_in_one_line():
    assert SAID == drilled_words(WORKED)
    assert f"3 d 0 h ago: {SAID}" == drilled_line(deployment("bake", WORKED), 1000.0 + 3 * 86_400)


def test_it_was_never_tried_is_said_where_it_could_be():
    assert "never tried: `verdigris drill`" == drilled_line(deployment("stabilize"), 0.0)
    assert "" == drilled_line(deployment("bake"), 0.0)


def test_a_way_back_that_was_not_the_one_tried_is_named():
    now = deployment("stabilize", dataclasses.replace(WORKED, slot=Slot.GREEN, version="0.9"))
    assert drilled_line(now, 5000.0).endswith("; the way back to blue (1.0) was not tried yet")
    assert drilled_line(deployment("stabilize", WORKED), 5000.0).endswith(SAID)


def test_a_failed_one_says_so_first():
    failed = dataclasses.replace(WORKED, trouble="blue fails")
    assert "ago: the way back did not work: blue fails; 100 %" in drilled_line(
        deployment("bake", failed), 5000.0
    )


def test_a_program_is_told_the_same():
    document = drilled_document(WORKED)
    assert (100, "blue", 0.012, {"blue": 1000, "green": 234}, None) == (
        *(document["share"], document["slot"], document["there"], document["requests"]),
        document["trouble"],
    )
