"""A label, and a text beside it."""

from verdigris.cli.show.ink import plain
from verdigris.cli.show.labelled import labelled


def test_the_label_stands_before_the_first_line_alone():
    rows = plain(labelled("proof", "words that do not fit", 33)).rstrip()
    assert "  proof          words that do\n                 not fit" == rows
