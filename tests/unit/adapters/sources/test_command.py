"""A command that prints counts: what it is given, what it may do, and how it ends."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.waiting import eventually
from verdigris.adapters.sources.command import OUTPUT_MOST, CountsCommand
from verdigris.adapters.sources.polled import read_within
from verdigris.adapters.sources.sums import Sums
from verdigris.core.world import Slot, Unknown

BLUE, GREEN = Slot.BLUE, Slot.GREEN


def python(code, *more):
    return (sys.executable, "-c", code, *more)


async def read(directory, *argv, within=20.0):
    return await read_within(CountsCommand(argv, directory), within)


async def why(directory, code, within=20.0):
    found = await read(directory, *python(code), within=within)
    assert isinstance(found[BLUE], Unknown)
    return found[BLUE].why


async def test_it_is_called_for_each_slot(tmp_path):
    code = 'import sys; print({"blue": \'{"good": 9, "bad": 1}\', "green": \'{"good": 3, "bad": 0}\'}[sys.argv[1]])'
    found = await read(tmp_path, *python(code, "{slot}"))
    assert (Sums({"": 9}, {"": 1}), Sums({"": 3}, {"": 0})) == (found[BLUE], found[GREEN])


async def test_no_shell_reads_its_arguments(tmp_path):
    code = "import sys; print('{\"good\": %d, \"bad\": 0}' % (sys.argv[1:] == ['$(touch x); *', 'blue']))"
    found = await read(tmp_path, *python(code, "$(touch x); *", "{slot}"))
    assert {"": 1} == found[BLUE].good
    assert [] == os.listdir(tmp_path)


async def test_it_gets_nothing_of_our_environment_that_could_be_a_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")
    code = 'import os, sys; print(\'{"good": 1, "bad": 0}\'); sys.exit(str(sorted(os.environ)))'
    said = await why(tmp_path, code)
    assert "PASSWORD" not in said
    assert "'HOME', 'LANG'" in said


async def test_it_runs_where_the_configuration_stands(tmp_path):
    (tmp_path / "n").write_text("7")
    code = "print('{\"good\": %s, \"bad\": 0}' % open('n').read())"
    assert {"": 7} == (await read(tmp_path, *python(code)))[BLUE].good


async def test_it_reads_nothing_from_us(tmp_path):
    code = 'import sys; print(\'{"good": %d, "bad": 0}\' % len(sys.stdin.read()))'
    assert {"": 0} == (await read(tmp_path, *python(code)))[BLUE].good


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('none')", "it is no JSON"),
        ("", "it is no JSON"),
        ("print('{\"good\": 1}')", '"bad" is missing'),
        ("import sys; sys.exit('no database\\n  at all')", "ended with 1 and said: at all"),
        ("import sys; sys.exit(3)", "ended with 3 and said: nothing"),
        ("import os; os.kill(os.getpid(), 9)", "ended with -9"),
        (r"import sys; sys.exit('\x1b[2J')", r"said: '\x1b[2J'"),
        (f"print('x' * {OUTPUT_MOST + 1})", "prints more than 64 KiB"),
        (f"import sys; sys.exit('x' * {10 * OUTPUT_MOST})", "prints more than 64 KiB"),
        ("while True: print('x' * 1000)", "prints more than 64 KiB"),
    ],
)
async def test_what_ends_badly_is_unknown_with_what_was_seen(tmp_path, code, said):
    assert said in await why(tmp_path, code)


async def test_a_program_that_is_not_there_is_named(tmp_path):
    found = await read(tmp_path, "./counts", "{slot}")
    assert "./counts for blue does not start: No such file or directory" == found[BLUE].why


async def test_whoever_takes_too_long_is_killed_with_all_that_it_started(tmp_path):
    """What it started holds its output open: it would be waited for to the end."""
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open(f'pids-{os.getpid()}', 'w').write(f'{os.getpid()} {child.pid}')\n"
        "time.sleep(600)\n"
    )
    reading = asyncio.create_task(read(tmp_path, *python(code), within=30.0))
    pids = await eventually(lambda: numbers(tmp_path), "both calls to be up")
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await eventually(lambda: not any(map(runs, pids)), "all of them to be gone")


async def test_no_answer_in_time_is_unknown(tmp_path):
    assert "no answer within 0.2 s" == await why(tmp_path, "import time; time.sleep(600)", within=0.2)


def numbers(directory):
    found = [int(pid) for path in directory.glob("pids-*") for pid in path.read_text().split()]
    return found if len(found) == 4 else None


def runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
