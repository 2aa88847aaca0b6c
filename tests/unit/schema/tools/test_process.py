import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.jobs.papers import Desk
from verdigris.schema.tools import process
from verdigris.schema.tools.process import Answer, ask, clean

HERE = Path("/")


def python(code, within=60.0):
    return ask([sys.executable, "-c", code], HERE, os.environ, within)


def test_both_outputs_and_the_code_come_back():
    answer = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert Answer(3, "out\n", "err\n") == answer


def test_nobody_can_type_anything_in():
    assert "EOFError" in python("input('really? ')").said()


def test_nonsense_is_text_nevertheless():
    assert "\ufffd\ufffd" == python("import os; os.write(1, bytes([255, 254]))").out


def test_a_flood_is_read_to_its_end_and_its_beginning_kept(monkeypatch):
    monkeypatch.setattr(process, "OUTPUT_MAX", 1000)
    answer = python("import os\nfor _ in range(2000): os.write(2, b'x' * 1000)")
    assert (0, 1000) == (answer.code, len(answer.err))


def test_what_hangs_is_ended_with_all_that_it_started(tmp_path):
    # A shell: an interpreter may need more than that to begin, where much else runs.
    with pytest.raises(ActionError, match="was not done within 3 s and was ended"):
        ask(["sh", "-c", "sleep 600 & echo $! >pid; wait"], tmp_path, os.environ, 3)
    pid = (tmp_path / "pid").read_text().strip()
    eventually_sync(lambda: gone(pid), "the child to be gone")


def test_what_outlives_us_holds_the_lock_until_it_ends(tmp_path):
    """Killed is the job alone, as by the kernel when memory is short: its tool goes on, and nobody may begin beside."""
    desk, pid = Desk(tmp_path, "abc"), tmp_path / "pid"
    tool = (
        f"import os, time, pathlib; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(600)"
    )
    code = (
        "import os, sys; from pathlib import Path\n"
        "from verdigris.schema.jobs.papers import Desk; from verdigris.schema.tools.process import ask\n"
        f"with Desk(Path({str(tmp_path)!r}), 'abc').at_work() as lock:\n"
        f"    ask([sys.executable, '-c', {tool!r}], Path('/'), os.environ, 600, lock)"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as job:
        eventually_sync(lambda: pid.exists() and pid.read_text(), "the tool to run")
        job.kill()
    assert desk.busy()
    os.kill(int(pid.read_text()), signal.SIGKILL)
    eventually_sync(lambda: not desk.busy(), "the lock to be let go")


def gone(pid):
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_what_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr(process, "GRACE", 0.2)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    with pytest.raises(ActionError, match="was ended"):
        python(code, 2)


def test_a_program_that_is_not_there_is_named_with_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"no-such-program: cannot be started.*correct schema\.command"):
        ask(["no-such-program"], HERE, os.environ, 1)
    with pytest.raises(ConfigError, match=r"the directory .*gone is not there"):
        ask([sys.executable], tmp_path / "gone", os.environ, 1)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("postgresql://me:secret@host/db", "postgresql://***@host/db"),
        ("password=secret host=a", "password=*** host=a"),
        ("password: 'se cret'", "password: ***"),
        ("ERROR: duplicate\nDETAIL:  Key (email)=(a@b.c) already exists.", "ERROR: duplicate\n"),
        ("[SQL: x]\n[parameters: {'email': 'a@b.c'}]", "[SQL: x]\n"),
        ("the word hunter22 alone", "the word *** alone"),
    ],
)
def test_what_nobody_may_read_is_cut_out(text, cleaned):
    assert cleaned == clean(text, ["hunter22", "", "a"])


def test_last_words_are_short():
    answer = Answer(1, "", "\n".join(f"line {number} " + "x" * 500 for number in range(100)))
    assert len(answer.said()) <= process.SAID_MAX
    assert "(it said nothing)" == Answer(1, "", " \n").said()
