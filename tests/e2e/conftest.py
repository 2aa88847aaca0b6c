"""Projects for tests: each is torn down whatever happened, and speaks when its test failed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.database import production_with
from tests.e2e.project import LIVING, Project, project_in
from tests.e2e.routers import DEBIAN, WANTED
from verdigris.schema.shadow.server import Server


@pytest.fixture(scope="module")
def router(request: pytest.FixtureRequest) -> str:
    """The HAProxy that serves: `bundled` or a path. Tests marked with `on_each` run on each of them."""
    found = str(getattr(request, "param", WANTED))
    if found == DEBIAN and not Path(DEBIAN).is_file():
        pytest.skip("needs the Debian package haproxy")
    return found


@pytest.fixture
def projects(router: str, tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes projects; keywords are sections of verdigris.yaml."""
    with contextlib.ExitStack() as stack:
        yield lambda **sections: stack.enter_context(
            project_in(tmp_path, **{"router": {"bin": router}, **sections})
        )


@pytest.fixture
def project(router: str, tmp_path: Path) -> Iterator[Project]:
    """A project as most tests want it."""
    with project_in(tmp_path, router={"bin": router}) as project:
        yield project


@pytest.fixture(scope="module")
def shared(router: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One that serves already, for tests that leave it serving."""
    with project_in(tmp_path_factory.mktemp("shared"), router={"bin": router}) as project:
        project.ship()
        yield project


@pytest.fixture(scope="module")
def production() -> Iterator[Server]:
    """A PostgreSQL that says what each slot sends."""
    with production_with("pg_stat_statements") as server:
        yield server


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
