"""Projects for tests: each is torn down whatever happened, and speaks when its test failed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import Project


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes projects; keywords are sections of verdigris.yaml."""
    made: list[Project] = []

    def make(**sections: Any) -> Project:
        made.append(Project(tmp_path / f"p{len(made)}", **sections))
        return made[-1]

    make.made = made
    yield make
    for project in made:
        project.destroy()


@pytest.fixture
def project(projects: Callable[..., Project]) -> Project:
    """A project as most tests want it."""
    return projects()


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says a number that was found; all of them are printed when the run is over."""
    return lambda sentence: record_property("figure", sentence)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what controller, keeper, router and instances said."""
    report = yield
    if report.failed and call.when == "call":
        for project in item.funcargs["projects"].made if "projects" in item.funcargs else ():
            report.sections.append((f"logs of {project.state}", project.logs()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [value for report in reports for name, value in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        for sentence in figures:
            terminalreporter.line(sentence)
