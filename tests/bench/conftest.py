"""Figures that a bench says one by one, shown together when it is over; a project that serves."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator

import pytest

from tests.bench.results import Figure, show
from tests.e2e.project import LIVING, Project, project_in

Say = Callable[..., None]


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Iterator[Say]:
    """`say(name, value, unit, bar)`, and whatever else a `Figure` has: something that was found."""
    figures: list[Figure] = []

    def noted(name: str, value: float, unit: str = "", bar: str = "", **more: object) -> None:
        figures.append(Figure(name, value, unit, bar=bar, **more))  # type: ignore[arg-type]

    yield noted
    if figures:
        show(request.node.name.removeprefix("test_").replace("_", " "), figures)


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
