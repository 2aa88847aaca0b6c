"""The orders API with a job beside it: every 0.2 s a line into `JOB_LINES`, where this process is live.

`JOB_EVERYWHERE` leaves the question out, to see what becomes of a job that runs wherever its process does.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

from app import make as orders
from verdigris_kit import Kit
from verdigris_kit.role import only_live

EVERY = 0.2


def write() -> None:
    """One line: when, and where."""
    line = {"at": time.monotonic(), "slot": os.environ["ENVIRONMENT_NAME"]}
    with Path(os.environ["JOB_LINES"]).open("a") as file:
        file.write(json.dumps(line) + "\n")


def again_and_again() -> None:
    """For as long as the process lives."""
    job = write if os.environ.get("JOB_EVERYWHERE") else only_live(write)
    rest = threading.Event()
    while not rest.wait(EVERY):
        job()


def make() -> Kit:
    """The application, with its job at work."""
    threading.Thread(target=again_and_again, daemon=True).start()
    return orders()
