"""The pages of the project as the tests read them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

__all__ = ["DOCS", "FENCE", "PAGES", "ROOT", "anchors", "links", "read"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
EXAMPLES = (
    ROOT / "examples" / name / "README.md"
    for name in ("orders", "express-orders", "orders-alembic", "orders-django")
)
OTHERS = (ROOT / "kit" / "README.md", *EXAMPLES)
PAGES = (*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md")), *OTHERS)

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@cache
def read(path: Path) -> str:
    return path.read_text("utf-8")


def links(path: Path) -> list[str]:
    """Where the links of a page lead, without those in examples."""
    return LINK.findall(FENCE.sub("", read(path)))


def anchors(path: Path) -> set[str]:
    """The names of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", read(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
