"""Lines of the router, whole, broken, and in pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.signals.lines import ASKED_KEPT, FRAME_MOST, BadLine, Frames, Line, dropped, read
from verdigris.adapters.signals.sample import safe
from verdigris.core.world import Slot

LINE = b"r2 api 1763971234567 green blue-2 200 1001 2 30 1040 -- +1 - - 7f42e447 GET /a .".replace(
    b"+1", b"%s"
)
BEFORE = b"r1 api 1763971234567 green blue-2 200 1001 2 30 1040 -- 0 - 7f42e447 GET /a?b=c ."


def framed(*frames):
    return b"".join(b"%d %s" % (len(frame), frame) for frame in frames)


def test_a_line_says_how_a_request_ended():
    expected = Line(
        b"api", 1763971234.567, Slot.GREEN, Slot.BLUE, 200, b"--", 1033, 0, False, asked=b"GET /a"
    )
    assert expected == read(LINE % b"0")


def test_a_line_of_the_release_before_says_as_much_as_it_can():
    """A router may write them until it was reloaded, and a process of it that leaves for longer."""
    assert read(LINE % b"0") == read(BEFORE)


@pytest.mark.parametrize(("letter", "good"), [(b"g", True), (b"b", False), (b"-", None)])
def test_a_line_says_what_a_request_came_to(letter, good):
    assert good is read((LINE % b"0").replace(b"- 7f42", letter + b" 7f42")).good


def test_of_a_long_path_so_much_is_kept_that_nobody_takes_it_for_a_whole_one():
    line = read((LINE % b"0").replace(b"GET /a", b"GET /" + b"a" * 400))
    assert (ASKED_KEPT, False) == (len(line.asked), safe(line))


def test_time_lost_on_other_members_is_not_the_answering_ones():
    line = read(LINE % b"+1")
    assert (30, 1) == (line.latency, line.retries)


def test_a_request_without_an_answer_lasted_until_its_end():
    assert read(b"r2 api 1 blue <NOSRV> 503 0 -1 -1 77 SC 3 - - id GET / .").latency == 77
    assert read(b"r2 api 1 - <NOSRV> 400 -1 -1 -1 -1 PR 0 - - - <BADREQ> - .").slot is None


def test_a_preview_is_known_as_one_and_our_probe_through_the_front_door_is_none():
    preview, probe, users = (
        read(b"r2 api 1 blue blue-1 200 0 0 0 0 -- 0 %s - id GET / ." % name)
        for name in (b"blue", b"front", b"-")
    )
    assert (True, False, False) == (preview.preview, probe.preview, users.preview)
    assert (False, True, False) == (preview.own, probe.own, users.own)


@pytest.mark.parametrize(
    "line",
    [
        LINE[:-2] % b"0",
        LINE[:40],
        b"r2 api .",
        b"r1 api .",
        LINE % b"x",
        (LINE % b"0").replace(b"200", b"2OO"),
        (LINE % b"0").replace(b"- 7f42", b"x 7f42"),
        BEFORE[:-1],
        BEFORE.replace(b"200", b"2OO"),
    ],
)
def test_a_broken_line_is_an_error(line):
    with pytest.raises(BadLine):
        read(line)


def test_what_haproxy_says_besides_is_no_line():
    notice = b"Proxy api started."
    assert read(notice) is None
    assert not dropped(notice)
    assert dropped(b"37 events dropped")
    assert not dropped(b"r2 api 1 blue blue-1 200 0 0 0 0 -- 0 - - id GET /is dropped")
    assert not dropped(b"r1 api 1 blue blue-1 200 0 0 0 0 -- 0 - id GET /is dropped")


@given(st.lists(st.binary(max_size=300), max_size=20), st.lists(st.integers(1, 50), min_size=1))
def test_frames_come_out_whole_however_they_are_cut(frames, sizes):
    data, cutter, found, at = framed(*frames), Frames(), [], 0
    while at < len(data):
        size = sizes[at % len(sizes)]
        found += cutter.feed(data[at : at + size])
        at += size
    assert frames == found


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(data):
    try:
        for frame in Frames().feed(data):
            read(frame)
    except BadLine:
        return


@given(st.sampled_from([b"r1 ", b"r2 "]), st.binary(max_size=120))
def test_no_line_is_too_strange(tag, tail):
    try:
        read(tag + tail)
    except BadLine:
        return


@pytest.mark.parametrize("data", [b"%d x" % (FRAME_MOST + 1), b"123456 x", b"x", b"-1 x", b"99999999"])
def test_a_stream_that_is_none_is_an_error_and_is_not_kept(data):
    if data == b"x":
        data *= 10
    with pytest.raises(BadLine, match="no frame begins with"):
        list(Frames().feed(data))
