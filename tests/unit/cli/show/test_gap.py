"""What is left out is said in words, and with what to type to see it."""

import pytest

from verdigris.cli.show.gap import Gap, gap_document, gap_sentence


@pytest.mark.parametrize(("count", "words"), [(1, "1 event is"), (3214, "3,214 events are")])
def test_it_says_how_many_and_how_to_see_them(count, words):
    said = gap_sentence(Gap(count, 9000), "d-2")
    assert f"… {words} left out: `verdigris report d-2 --all`" == said


def test_it_ends_at_the_event_that_is_told_next_and_nowhere_when_nothing_is_left_out():
    assert [True, False, False] == [
        Gap(3, 9000).ends_at(9000),
        Gap(3, 9000).ends_at(9001),
        Gap(0, 9000).ends_at(9000),
    ]


def test_a_program_is_told_the_same():
    document = gap_document(Gap(3, 9000), "d-2")
    assert ("left_out", "d-2", 3, "verdigris report d-2 --all") == tuple(document.values())
