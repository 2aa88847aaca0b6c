"""Projects to put bad input into: one with nothing deployed, one of its own, and one whose release is being called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_input.callers import Callers
from tests.bad_input.project import Project

FIRST = "1.0.0"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Nothing is deployed; what the test starts is ended afterwards."""
    project = Project(tmp_path)
    yield project
    project.teardown()


@pytest.fixture(scope="session")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Callers]]:
    """A release that is live for as long as the tests take, and somebody who calls it all the time."""
    project = Project(tmp_path_factory.mktemp("called"))
    callers = Callers(project.url)
    try:
        project.deploy(FIRST).says(0, f"api {FIRST} serves")
        callers.start()
        yield project, callers
        callers.stop()
    finally:
        project.teardown()


@pytest.fixture
def live(called: tuple[Project, Callers]) -> Iterator[Project]:
    """The project whose release is live. After the test not one request has failed, and 1.0.0 answers as before."""
    project, callers = called
    since = len(callers.answers)
    yield project
    project.configure()
    callers.untouched(since, FIRST)
