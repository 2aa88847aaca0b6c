"""Rules for every test: in CI nothing is skipped, what needs root is named where it cannot run, figures that were
found are printed at the end, and properties are tried with the same examples everywhere but in `make fuzz`.
"""

import os
from collections.abc import Callable, Generator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

FUZZ = int(os.environ.get("VERDIGRIS_FUZZ", "0"))
"""How many examples of each property are drawn by chance; 0 for few that are always the same."""

# No deadline: two busy cores must not fail a test that is right.
settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.register_profile(
    "fuzz", max_examples=FUZZ or 1, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck)
)
settings.load_profile("fuzz" if FUZZ else "steady")

IN_CI = bool(os.environ.get("CI"))
NEEDS_ROOT = "needs root"
LACKING = [f"needs the Debian package {name}" for name in os.environ.get("VERDIGRIS_LACKING", "").split()]
"""Why a test may be skipped: the runner could not install the package. Where it was not tried, that is no reason."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says a number that was found; all of them are printed when the run is over."""
    return lambda sentence: record_property("figure", sentence)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.geteuid() == 0:
        return
    for item in items:
        if item.get_closest_marker("needs_root"):
            item.add_marker(pytest.mark.skip(reason=NEEDS_ROOT))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _unskipped((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _unskipped((yield))


def _unskipped(report: Report) -> Report:
    """In CI a skip is a failure: what a test needs and does not find is an error, never a silence."""
    if IN_CI and report.skipped and not hasattr(report, "wasxfail") and not lacks(report):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be: {report.longrepr}"
    return report


def lacks(report: pytest.TestReport | pytest.CollectReport) -> bool:
    return any(reason in str(report.longrepr) for reason in LACKING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.getreports("skipped")
    for reason in (NEEDS_ROOT, *LACKING):
        named = [report.nodeid for report in skipped if reason in str(report.longrepr)]
        if named:
            terminalreporter.section(f"not run: these {reason.replace('needs', 'need', 1)}")
            for name in named:
                terminalreporter.line(name)
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [value for report in reports for name, value in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        for sentence in figures:
            terminalreporter.line(sentence)
