"""The Python of a guide as one program: its blocks in their order, in one namespace."""

import re
from pathlib import Path
from typing import Any

__all__ = ["run"]

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(guide: Path, **given: Any) -> dict[str, Any]:
    """Run every block with what the guide leaves to its reader, and return what they made."""
    names = dict(given)
    for number, block in enumerate(BLOCK.findall(guide.read_text("utf-8")), 1):
        exec(compile(block, f"{guide.name}, block {number}", "exec"), names)
    return names
