"""The tutorial is followed to the letter, on another port and in less time."""

import sys
from pathlib import Path

import pytest

from tests.docs.running import Block, Reader, blocks, lacking, shimmed
from tests.ports import free_port

DOCS = Path(__file__).parents[2] / "docs"
SHORTER = {"for: 10s": "for: 2s", "for: 20s": "for: 3s", "drain: 10s": "drain: 5s"}


def test_blocks_are_found_by_their_marks_and_others_are_left_alone():
    page = "<!-- run: exit 10 -->\n```sh\nfalse\n```\n\n```sh\nrm -rf /\n```\n<!-- file: a.py -->\n```python\nx\n```\n"
    assert [Block("run", "exit 10", "false\n"), Block("file", "a.py", "x\n")] == blocks(page)


def test_expected_lines_match_in_their_order_with_anything_for_an_ellipsis():
    assert [] == lacking("a …\n… c\n", "a 1\nnoise\nb c\n")
    assert ["a …"] == lacking("b\na …\n", "a 1\nb\n")


@pytest.mark.timeout(180)
def test_the_tutorial_does_what_it_says(tmp_path):
    place = tmp_path / "shop"
    place.mkdir()
    reader = Reader(place, shimmed(tmp_path / "bin", sys.executable), {"8080": str(free_port()), **SHORTER})
    try:
        good, heading, bad = (DOCS / "tutorial.md").read_text().partition("## A bad release")
        assert heading
        reader.follow(good)
        seen = (place / "background.log").read_text()
        assert ("green" in seen, "failed" in seen) == (True, False), seen
        reader.follow(bad)
    finally:
        reader.stop()
        reader.output = ""
        reader.follow("<!-- run -->\n```sh\nverdigris teardown --all --yes\n```\n")
