"""One stage for each test. A test that failed shows what controller, keeper, router and instances said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.stage import Stage, stage_in
from tests.e2e.conftest import pytest_runtest_makereport

__all__ = ["pytest_runtest_makereport"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A project on which a first version serves already."""
    with stage_in(tmp_path) as stage:
        yield stage
