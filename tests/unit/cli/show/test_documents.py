"""What a program is told with --json."""

from __future__ import annotations

import json

from tests.unit.cli.house import FakeHouse
from verdigris.cli.show.documents import snapshot_document
from verdigris.cli.show.status import Staff


def test_a_snapshot_is_json_with_the_words_of_the_glossary():
    house = FakeHouse()
    house.ship("1.0")
    s = house.ship("2.0", phase="bake")
    told = snapshot_document(s, Staff((4711, 1.0), None), s.wall + 2, ("preflight", "bake"))
    assert told == json.loads(json.dumps(told))
    assert ("d-2", "2.0", "1.0", "green", "bake") == tuple(
        told[key] for key in ("deployment", "version", "previous", "candidate", "phase")
    )
    assert ("live", "retained") == (told["slots"]["green"]["role"], told["slots"]["blue"]["role"])
    assert ({"pid": 4711, "since": 1.0}, None, 2.0) == (told["controller"], told["keeper"], told["seen_ago"])
    assert "verdigris rollback" in told["next"]


def test_what_is_not_there_is_null_and_no_empty_word():
    s = FakeHouse().ship("1.0")
    told = snapshot_document(s, Staff(), s.wall)
    assert {None} == {told[key] for key in ("previous", "held", "cause", "trouble", "meter")}
    assert ("empty", None) == (told["slots"]["green"]["role"], told["slots"]["green"]["version"])
