import importlib.util
import os
import signal
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SPEC = importlib.util.spec_from_file_location("run_tests", ROOT / "scripts" / "run_tests.py")
assert SPEC is not None
assert SPEC.loader is not None
run_tests = importlib.util.module_from_spec(SPEC)
sys.modules["run_tests"] = run_tests
SPEC.loader.exec_module(run_tests)
Part = run_tests.Part


def python(code: str) -> str:
    return f'{sys.executable} -c "{code}"'


def test_the_table_of_contributing_is_what_is_run_and_fits_the_budget():
    parts = run_tests.parts_in((ROOT / "CONTRIBUTING.md").read_text())
    assert ["style", "wheel", "unit"] == [part.name for part in parts][:3]
    assert sum(part.minutes for part in parts) <= 25


def test_a_table_that_exceeds_the_budget_is_refused():
    with pytest.raises(SystemExit, match=r"the parts' minutes add up to 26, and there are 25\."):
        run_tests.parts_in("| `unit` | `pytest tests/unit` | 20 |\n| `e2e` | `pytest tests/e2e` | 6 |\n")


def test_a_table_without_parts_is_refused():
    with pytest.raises(SystemExit, match="add up to 0"):
        run_tests.parts_in("# Contributing\n")


def test_parts_are_run_in_the_order_of_the_table_and_unknown_ones_are_refused():
    unit, e2e = Part("unit", "true", 1), Part("e2e", "true", 1)
    assert [unit, e2e] == run_tests.chosen([unit, e2e], [])
    assert [e2e] == run_tests.chosen([unit, e2e], ["e2e"])
    with pytest.raises(SystemExit, match="No part is called 'fast': .* has unit, e2e"):
        run_tests.chosen([unit, e2e], ["fast"])


def test_every_pytest_of_a_part_writes_down_what_it_counted():
    lint, tests = Part("unit", "ruff check && pytest tests/unit", 1).commands()
    assert ["ruff", "check"] == lint
    assert ["pytest", "tests/unit"] == tests[:2]
    assert tests[2].endswith("build/reports/unit-2.xml")


def test_a_part_whose_command_succeeds_has_passed():
    outcome = run_tests.run(Part("fine", python("pass"), 1), os.environ)
    assert (1, 0, "") == (outcome.passed, outcome.failed, outcome.why)


def test_a_part_stops_at_its_first_command_that_fails():
    command = f"{python('raise SystemExit(3)')} && {python('raise SystemExit(4)')}"
    outcome = run_tests.run(Part("bad", command, 1), os.environ)
    assert (0, 1) == (outcome.passed, outcome.failed)
    assert outcome.why.startswith("exit code 3: ")


def test_a_part_that_takes_far_more_than_its_share_is_ended_and_has_failed():
    outcome = run_tests.run(Part("long", python("import signal; signal.pause()"), 0.005), os.environ)
    assert 1 == outcome.failed
    assert outcome.why.startswith("took more time than it has: ")


def test_a_part_hears_ctrl_c_though_whoever_started_the_run_ignores_it():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run_tests.hear_interrupts()
        outcome = run_tests.run(Part("heard", python("import signal; signal.raise_signal(2)"), 1), os.environ)
    finally:
        signal.signal(signal.SIGINT, before)
    assert 1 == outcome.failed


def test_a_part_counts_what_each_of_its_commands_wrote_down(tmp_path, monkeypatch):
    monkeypatch.setattr(run_tests, "REPORTS", tmp_path)
    script = tmp_path / "tests.py"
    script.write_text("import sys; open(sys.argv[1], 'w').write(f'<testsuite tests=\"{sys.argv[2]}\"/>')")
    commands = [f"{sys.executable} {script} {tmp_path}/both-{n}.xml {n}" for n in (1, 2)]
    outcome = run_tests.run(Part("both", " && ".join(commands), 1), os.environ)
    assert (3, 0, "") == (outcome.passed, outcome.failed, outcome.why)


def test_a_report_is_counted_without_its_skips(tmp_path):
    report = tmp_path / "unit.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="1" errors="1" skipped="2"/></testsuites>')
    assert (5, 2) == run_tests.counted(report)


def test_what_failed_is_named_with_the_first_line_of_why(tmp_path):
    report = tmp_path / "unit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.a" name="good"/><testcase classname="tests.a" name="bad">'
        '<failure message="assert 1 == 2&#10;where 2 is">long</failure></testcase></testsuite></testsuites>'
    )
    assert ["tests.a::bad: assert 1 == 2"] == run_tests.what_failed(report)


def test_a_list_of_packages_may_have_comments_and_be_empty():
    found = run_tests.wanted_packages("# tests\nstrace  # disk\n\nfaketime\n")
    assert ["strace", "faketime"] == [package.name for package in found]
    assert [] == run_tests.wanted_packages("# none\n")


def test_a_package_whose_command_is_there_from_elsewhere_is_not_installed_over_it():
    """A Node.js of its makers has npm in it; Debian's npm would bring another Node.js."""
    with_command, without = run_tests.wanted_packages("no-such-package sh\nno-such-package no-such-command\n")
    assert (True, False) == (with_command.there(), without.there())
