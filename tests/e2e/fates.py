"""What can become of a release after its switch."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.e2e.project import Project
from tests.e2e.sight import state_of
from tests.waiting import eventually_sync

__all__ = ["FATES", "freeze", "ruin"]


def ruin(project: Project) -> float:
    """Kill every instance of the candidate so that none comes back; the moment of it."""
    version, pids = project.version, project.instances(project.candidate).values()
    app = project.state / "releases" / "orders" / version / "app.py"
    app.chmod(0o644)
    app.write_text("this was changed after it was proven")
    moment = time.monotonic()
    project.kill(*pids)
    return moment


def freeze(project: Project) -> float:
    """Wait until every instance of the candidate hangs by its own behaviour; the moment of the last."""
    pids = list(project.instances(project.candidate).values())
    eventually_sync(lambda: all("T" == state_of(pid) for pid in pids), "all of it to hang")
    return time.monotonic()


FATES: dict[Callable[[Project], float], str] = {ruin: "killed", freeze: "hung"}
