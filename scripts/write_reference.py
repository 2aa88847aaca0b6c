"""Writes docs/reference/configuration.md and docs/reference/verdigris.schema.json from the models.

Usage: python scripts/write_reference.py [--check]      (--check writes nothing and fails when they are old)
"""

from __future__ import annotations

import sys
from pathlib import Path

from verdigris.config.reference import reference_text, schema_text

DIRECTORY = Path(__file__).parent.parent / "docs" / "reference"


def main(check: bool) -> int:
    pages = {"configuration.md": reference_text(), "verdigris.schema.json": schema_text()}
    old = [name for name, text in pages.items() if not _says(DIRECTORY / name, text)]
    if check:
        for name in old:
            print(f"docs/reference/{name} is old: run python scripts/write_reference.py", file=sys.stderr)
        return 1 if old else 0
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for name in old:
        (DIRECTORY / name).write_text(pages[name], "utf-8")
    return 0


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
