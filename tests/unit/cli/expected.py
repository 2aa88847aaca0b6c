"""Whole screens as text, committed beside the tests. VERDIGRIS_WRITE_SCREENS=1 writes them anew, for people to read."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["same_screen"]

SCREENS = Path(__file__).parent / "screens"


def same_screen(name: str, text: str) -> None:
    """The text is the committed screen of that name."""
    path = SCREENS / f"{name}.txt"
    if os.environ.get("VERDIGRIS_WRITE_SCREENS"):
        path.write_text(f"{text.rstrip()}\n")
    assert path.read_text() == f"{text.rstrip()}\n", f"{path.name} differs: write it anew and look at it"
