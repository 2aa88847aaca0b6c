"""How the controller's log reads: one line for each event with its fields, or one JSON object."""

from __future__ import annotations

import json
import logging
import time
from typing import TextIO

from verdigris.cli.show.ink import clean

__all__ = ["write_log_to"]

FIELDS = ("deployment", "phase", "kind")


def write_log_to(stream: TextIO, as_json: bool = False) -> None:
    """Send everything that verdigris logs to the stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Objects() if as_json else Lines())
    log = logging.getLogger("verdigris")
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False


def fields(record: logging.LogRecord) -> dict[str, str]:
    return {name: str(value) for name in FIELDS if (value := getattr(record, name, None))}


class Lines(logging.Formatter):
    """Time of day, level, fields, sentence."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(record.created))
        extra = "".join(f" {name}={value}" for name, value in fields(record).items())
        trace = f"\n{self.formatException(record.exc_info)}" if record.exc_info else ""
        # Only the first line begins a line of the log: what somebody else said never passes for one.
        text = "\n    ".join(map(clean, f"{record.getMessage()}{trace}".splitlines()))
        return f"{stamp} {record.levelname.lower()}{clean(extra)} {text}"


class Objects(logging.Formatter):
    """The same for programs."""

    def format(self, record: logging.LogRecord) -> str:
        document = {
            "wall": record.created,
            "level": record.levelname.lower(),
            "sentence": record.getMessage(),
        }
        trace = {"traceback": self.formatException(record.exc_info)} if record.exc_info else {}
        return json.dumps(document | fields(record) | trace)
