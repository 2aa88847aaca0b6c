"""The bridge to rich."""

from __future__ import annotations

import io

from verdigris.cli.drawing import console, live, text
from verdigris.cli.show.ink import Ink, line


def test_lines_become_one_text_with_a_style_for_each_ink():
    drawn = text([line("a", ("b", Ink.BAD)), (), line("c")])
    assert "ab\n\nc" == drawn.plain
    assert ["bold red"] == [str(span.style) for span in drawn.spans]


def test_what_looks_like_markup_is_text():
    stream = io.StringIO()
    console(stream, color=False).print(text([line("[bold]:smile: 127.0.0.1")]))
    assert "[bold]:smile: 127.0.0.1" == stream.getvalue().strip()


def test_a_display_is_drawn_when_it_is_told_and_never_by_a_clock():
    assert not live(console(io.StringIO(), color=False)).auto_refresh
