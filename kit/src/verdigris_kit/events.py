"""The payloads of an application's events, declared, so that two versions of them can be compared before a switch.

What is declared is written out as one JSON document of the contract. A small subset of JSON Schema, and nothing
that it does not know is passed over: what cannot be compared would be compared as equal.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from .payloads import Schema, check, gaps

__all__ = ["DOCUMENT_VERSION", "Breaking", "Events", "compare"]

DOCUMENT_VERSION = 1

SENT, RECEIVED = "sent", "received"
NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", re.ASCII)


@dataclass(frozen=True)
class Breaking:
    """One change that somebody would trip over. `path` is where in the payload, empty for the event as a whole."""

    event: str
    path: str
    what: str

    def __str__(self) -> str:
        return f"{self.event}{': ' + self.path if self.path else ''}: {self.what}"


class Events:
    """The events of one application, each with the schema of its payload."""

    def __init__(self) -> None:
        self._declared: dict[str, dict[str, Any]] = {}

    def declare(self, name: str, schema: Schema, direction: str = SENT) -> None:
        """Declare the payload of `name`, as `order.paid`: `sent` to others, or `received` from them.

        Raise `ValueError` for a name that is taken or none, and for what the subset of JSON Schema does not know.
        """
        if not NAME.fullmatch(name):
            raise ValueError(
                f"event: {name!r} is no name. Give words with full stops between, as 'order.paid'."
            )
        if name in self._declared:
            raise ValueError(f"event: {name} is declared twice. Give one schema for each name.")
        if direction not in (SENT, RECEIVED):
            raise ValueError(f"{name}: direction is {direction!r}. Give 'sent' or 'received'.")
        check(schema, name)
        try:
            copied = json.loads(json.dumps(schema))
        except TypeError as error:
            raise ValueError(f"{name}: {error}. A schema is JSON.") from None
        self._declared[name] = {"direction": direction, "schema": copied}

    def document(self) -> dict[str, Any]:
        """Return what was declared, as the contract has it."""
        return {"version": DOCUMENT_VERSION, "events": dict(sorted(self._declared.items()))}


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Breaking]:
    """List what breaks when the version with `new` takes the place of the one with `old`; empty when nothing does.

    A sent event breaks where those who read the old payload may stumble over the new one. A received one breaks
    where the new version asks for what those who send the old payload do not give. Raise `ValueError` for what is
    no document.
    """
    before, after = _events(old, "old"), _events(new, "new")
    return [found for name in sorted(before) for found in _compared(name, before[name], after.get(name))]


def _compared(name: str, old: Mapping[str, Any], new: Union[Mapping[str, Any], None]) -> Iterator[Breaking]:
    if new is None:
        yield Breaking(name, "", f"is no longer {old['direction']}")
    elif new["direction"] != old["direction"]:
        yield Breaking(name, "", f"was {old['direction']} and is {new['direction']} now")
    elif old["direction"] == SENT:
        for path, what in gaps(reads=old["schema"], writes=new["schema"], removed=True):
            yield Breaking(name, path, what)
    else:
        for path, what in gaps(reads=new["schema"], writes=old["schema"]):
            yield Breaking(name, path, what)


def _events(document: Any, which: str) -> dict[str, Mapping[str, Any]]:
    events = document.get("events") if isinstance(document, Mapping) else None
    if not isinstance(events, Mapping) or document.get("version") != DOCUMENT_VERSION:
        raise ValueError(f"{which}: is no document of events, version {DOCUMENT_VERSION}. Write it out anew.")
    for name, event in events.items():
        if not isinstance(event, Mapping) or event.get("direction") not in (SENT, RECEIVED):
            raise ValueError(f"{which}: {name}: direction has to be 'sent' or 'received'.")
        check(event.get("schema"), f"{which}: {name}")
    return dict(events)


if __name__ == "__main__":
    from verdigris_kit.events_command import main

    raise SystemExit(main())
