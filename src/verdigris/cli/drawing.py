"""The bridge to rich: lines become its texts, and a live display that is refreshed by hand only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from verdigris.cli.show.ink import Line

__all__ = ["console", "live", "text"]


def console(stream: TextIO, color: bool) -> Console:
    return Console(
        file=stream, no_color=not color, highlight=False, markup=False, emoji=False, soft_wrap=False
    )


def live(on: Console, screen: bool = False) -> Live:
    """A display that is drawn when it is told something, and not by a clock of its own."""
    return Live(console=on, auto_refresh=False, screen=screen, vertical_overflow="crop")


def text(lines: Sequence[Line]) -> Text:
    """Lines as rich draws them: never wrapped, for they were fitted already."""
    drawn = Text(no_wrap=True, overflow="crop", end="")
    for index, one in enumerate(lines):
        if index:
            drawn.append("\n")
        for span in one:
            drawn.append(span.text, style=span.ink.value or None)
    return drawn
