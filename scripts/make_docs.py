"""Writes every generated page of docs/: the reference of the configuration and of the command line, and the phases.

Usage: python scripts/make_docs.py [--check]      (--check writes nothing and fails when a page is old)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that it can be run as a script from anywhere

from scripts import fault_matrix, write_reference  # noqa: E402
from scripts.command_line import command_line  # noqa: E402
from scripts.life_cycle import BACKWARD, FORWARD, table  # noqa: E402
from scripts.life_cycle_picture import picture  # noqa: E402
from scripts.report_picture import picture as report_picture  # noqa: E402

DOCS = ROOT / "docs"
WHOLE: dict[str, Callable[[], str]] = {
    "concepts/life-cycle.svg": picture,
    "guides/report.svg": report_picture,
    "reference/cli.md": command_line,
    "reference/faults.md": fault_matrix.page,
}
PARTS: dict[tuple[str, str], Callable[[], str]] = {
    ("concepts/life-cycle.md", "forward"): lambda: table(FORWARD),
    ("concepts/life-cycle.md", "backward"): lambda: table(BACKWARD),
}


def main(check: bool) -> int:
    old = [path for path, text in pages().items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in old:
        if check:
            print(f"{path.relative_to(ROOT)} is old: run python scripts/make_docs.py", file=sys.stderr)
        else:
            path.write_text(pages()[path], "utf-8")
    return write_reference.main(check) or (1 if check and old else 0)


def pages() -> dict[Path, str]:
    """What every page should say."""
    found = {DOCS / name: make() for name, make in WHOLE.items()}
    for (name, part), make in PARTS.items():
        page = found.get(DOCS / name) or (DOCS / name).read_text("utf-8")
        found[DOCS / name] = put(page, part, make())
    return found


def put(page: str, part: str, text: str) -> str:
    """The page with `text` between the marks of a part."""
    begin, end = f"<!-- generated: {part} -->\n", f"<!-- end of {part} -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise SystemExit(f"a page lacks the marks of {part!r}: {begin.strip()} and {end}")
    return f"{before}{begin}\n{text}\n\n{end}{after}"


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
