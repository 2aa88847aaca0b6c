"""Projects for tests: each is torn down whatever happened, and speaks when its test failed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.project import LIVING, Project, project_in


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes projects; keywords are sections of verdigris.yaml."""
    with contextlib.ExitStack() as stack:
        yield lambda **sections: stack.enter_context(project_in(tmp_path, **sections))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """A project as most tests want it."""
    with project_in(tmp_path) as project:
        yield project


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One that serves already, for tests that leave it serving."""
    with project_in(tmp_path_factory.mktemp("shared")) as project:
        project.ship()
        yield project


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed shows what controller, keeper, router and instances said."""
    report = yield
    if report.failed and call.when == "call":
        for project in LIVING:
            report.sections.append((f"logs of {project.state}", project.logs()))
    return report
