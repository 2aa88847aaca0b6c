"""A file that somebody writes: its last line, and that somebody still writes it."""

import os
import threading

import pytest

from verdigris.adapters.sources.file import TAIL, CountsFile, tail
from verdigris.adapters.sources.polled import read_within
from verdigris.adapters.sources.sums import Sums
from verdigris.core.world import Slot, Unknown

BLUE, GREEN = Slot.BLUE, Slot.GREEN


def line(good, bad=0):
    return f'{{"blue": {{"good": {good}, "bad": {bad}}}, "green": {{"good": 1, "bad": 0}}}}\n'


@pytest.fixture
def path(tmp_path):
    return tmp_path / "counts.jsonl"


async def read(source):
    return await read_within(source, 10.0)


async def why(path):
    found = await read(CountsFile(path))
    assert isinstance(found[BLUE], Unknown)
    return found[BLUE].why


async def test_the_last_line_counts(path):
    path.write_text(line(1) + line(2) + line(90, 3))
    found = await read(CountsFile(path))
    assert (Sums({"": 90}, {"": 3}), Sums({"": 1}, {"": 0})) == (found[BLUE], found[GREEN])


async def test_a_line_that_is_just_being_written_is_left_out(path):
    path.write_text(line(2) + line(90)[:20])
    assert {"": 2} == (await read(CountsFile(path)))[BLUE].good


async def test_a_whole_line_needs_no_end(path):
    path.write_text(line(2) + line(90).rstrip())
    assert {"": 90} == (await read(CountsFile(path)))[BLUE].good


async def test_a_finished_line_that_is_wrong_is_not_passed_over(path):
    path.write_text(line(2) + "nonsense\n")
    assert f"the last line of {path} cannot be used: it is no JSON" == await why(path)


async def test_for_a_disk_that_hangs_one_thread_waits_however_often_it_is_asked(path):
    path.write_text(line(90))
    answers, asked = threading.Event(), []

    def hanging(where):
        asked.append(where)
        answers.wait(10.0)
        return tail(where)

    source = CountsFile(path, hanging)
    for _ in range(3):
        found = await read_within(source, 0.01)
        assert "no answer within 0.01 s" == found[BLUE].why
    answers.set()
    assert ({"": 90}, 1) == ((await read(source))[BLUE].good, len(asked))


async def test_a_file_that_nobody_writes_any_more_is_unknown(path):
    path.write_text(line(2))
    source = CountsFile(path)
    assert {"": 2} == (await read(source))[BLUE].good
    assert f"{path} was not written any more: look at what writes it" == (await read(source))[BLUE].why
    with path.open("a") as file:
        file.write(line(2))
    assert {"": 2} == (await read(source))[BLUE].good


async def test_a_long_file_is_read_from_its_end(path):
    path.write_text(line(1) * (3 * TAIL // len(line(1))) + line(90))
    assert {"": 90} == (await read(CountsFile(path)))[BLUE].good


async def test_a_slot_that_is_not_in_it_is_unknown_and_the_other_is_not(path):
    path.write_text('{"blue": {"good": 1, "bad": 0}}\n')
    found = await read(CountsFile(path))
    assert ({"": 1}, Unknown(f"{path} says nothing of green")) == (found[BLUE].good, found[GREEN])


async def test_a_slot_with_nonsense_is_unknown_and_the_other_is_not(path):
    path.write_text('{"blue": {"good": 1, "bad": 0}, "green": {"good": -1, "bad": 0}}\n')
    assert f'{path} of green: "good" is no whole number' in (await read(CountsFile(path)))[GREEN].why


async def test_what_cannot_be_read_is_said_so(path, tmp_path):
    assert f"{path} cannot be read: No such file or directory" == await why(path)
    assert f"{tmp_path} is no file" == await why(tmp_path)
    path.write_text("\n\n")
    assert f"{path} is empty" == await why(path)


async def test_a_pipe_does_not_hold_anybody_up(path):
    os.mkfifo(path)
    assert f"{path} is no file" == await why(path)


@pytest.mark.parametrize("text", ["[1]\n", '"x"\n', "7\n"])
async def test_a_line_that_is_no_object_is_refused(path, text):
    path.write_text(text)
    assert "it has to be an object like" in await why(path)
