"""The rules that tests/conftest.py makes for every test, seen from outside."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"
SKIPS = 'import pytest\n\ndef test_needs_a_tool():\n    pytest.skip("no strace here")\n'
MODULE_SKIPS = 'import pytest\n\npytest.importorskip("no_such_library")\n\ndef test_it():\n    pass\n'
NEEDS_ROOT = "import pytest\n\n@pytest.mark.needs_root\ndef test_mounts():\n    pass\n"


def run(folder: Path, test: str, ci: str = "", before: str = "") -> tuple[int, str]:
    """Exit code and output of a pytest in a folder of its own, under our conftest."""
    (folder / "conftest.py").write_text(before + CONFTEST.read_text())
    (folder / "test_it.py").write_text(test)
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers = needs_root\nasyncio_default_fixture_loop_scope = function\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-n", "1"]
    environ = os.environ | {"CI": ci}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("test", [SKIPS, MODULE_SKIPS], ids=["test", "module"])
def test_a_skip_is_allowed_at_home_and_a_failure_in_ci(tmp_path, test):
    assert 1 == run(tmp_path, test, ci="true")[0]
    assert run(tmp_path, test)[0] in (0, 5)  # 5: pytest found no test to run


def test_what_needs_root_runs_as_root(tmp_path):
    code, output = run(tmp_path, NEEDS_ROOT, ci="true", before="import os\nos.geteuid = lambda: 0\n")
    assert (0, True) == (code, "1 passed" in output)


def test_what_needs_root_is_named_where_it_cannot_run(tmp_path):
    code, output = run(tmp_path, NEEDS_ROOT, before="import os\nos.geteuid = lambda: 1000\n")
    assert 0 == code
    assert "not run: these need root" in output
    assert "test_it.py::test_mounts" in output


def test_what_needs_a_package_is_named_where_that_could_not_be_installed_and_else_it_fails(tmp_path):
    skips = SKIPS.replace("no strace here", "needs the Debian package haproxy")
    told = "import os\nos.environ['VERDIGRIS_LACKING'] = {!r}\n"
    code, output = run(tmp_path, skips, ci="true", before=told.format("haproxy"))
    assert (0, True) == (code, "not run: these need the Debian package haproxy" in output)
    assert 1 == run(tmp_path, skips, ci="true", before=told.format(""))[0]
