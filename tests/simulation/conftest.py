"""At the end of a run it is said how much was simulated, how fast, and from which seeds."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def hushed() -> Iterator[None]:
    """A simulated controller complains as a real one does; here nobody reads it, and formatting takes its time."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    said = [pair for report in reports for pair in report.user_properties]
    runs = [value for name, value in said if name == "simulated"]
    if not runs:
        return
    steps, seconds, histories = (sum(column) for column in zip(*runs, strict=True))
    terminalreporter.section("simulation")
    terminalreporter.line(
        f"{steps:,} steps in {histories:,} histories, {steps / seconds:,.0f} steps/s of one core's time"
    )
    for name, value in said:
        if name == "seeds" and "fresh" in value:
            terminalreporter.line(value)
