"""Figures: each bench says a name, a value with its unit and the bar; table and JSON come at the end of the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator

import pytest

from tests.e2e.project import LIVING, Project, project_in

Say = Callable[..., None]


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """`say(name, value, unit, bar)`: a figure that was found. Nothing is asserted of it."""

    def noted(name: str, value: float, unit: str = "", bar: str = "") -> None:
        figure = {"name": name, "value": round(value, 3), "unit": unit, "bar": bar}
        record_property("bench", figure)

    return noted


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose first release serves."""
    with project_in(tmp_path_factory.mktemp("bench")) as project:
        project.ship()
        yield project


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A bench that broke shows what controller, keeper, router and instances said."""
    report = yield
    if report.failed and call.when == "call":
        report.sections += [(f"logs of {project.state}", project.logs()) for project in LIVING]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [value for report in reports for name, value in report.user_properties if name == "bench"]
    if not figures:
        return
    terminalreporter.section("figures")
    for figure in figures:
        number = f"{figure['value']:,g} {figure['unit']}"
        terminalreporter.line(f"{figure['name']:<66}{number:>18}   {figure['bar']}")
    terminalreporter.line(json.dumps({"figures": figures}))
