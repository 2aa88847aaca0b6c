"""Every page leads where it says, and is what its generator says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, FENCE, PAGES, ROOT, anchors, links, read

GUIDES = sorted((DOCS / "guides").glob("*.md"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_generated_pages_are_what_the_code_says():
    script = [sys.executable, ROOT / "scripts" / "make_docs.py", "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    for link in links(page):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), f"{link} leads nowhere"
        if anchor:
            assert anchor in anchors(path), f"{link}: there is no such heading in {target}"


def test_every_page_can_be_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        found = [
            (page.parent / link.partition("#")[0]).resolve() for link in links(page) if "://" not in link
        ]
        waiting += [path for path in found if path.suffix == ".md" and path.is_file() and path not in reached]
    assert [] == [name(page) for page in DOCS.rglob("*.md") if page not in reached]


@pytest.mark.parametrize("guide", GUIDES, ids=name)
def test_a_guide_begins_with_the_failure_that_it_prevents(guide):
    assert "*What this prevents: " == read(guide).splitlines()[2][:21]


def test_no_page_has_two_headings_of_one_name():
    for page in PAGES:
        headings = re.findall(r"^#+ (.+)$", FENCE.sub("", read(page)), re.MULTILINE)
        assert page.name == "CHANGELOG.md" or len(set(headings)) == len(headings), name(page)
