"""`python -m verdigris_kit.events`: writes out what an application declares, and says what breaks against before."""

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from .events import Breaking, Events, compare

__all__ = ["main"]


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Return 0; 1 when something breaks; 2 when the events or the old document could not be read."""
    parser = argparse.ArgumentParser(prog="python -m verdigris_kit.events", description=__doc__)
    parser.add_argument("registry", help="where the Events are, as module:name")
    parser.add_argument(
        "--since", metavar="FILE", help="an older document: list what breaks, and exit with 1"
    )
    given = parser.parse_args(arguments)
    try:
        document = _registry(given.registry).document()
        if given.since is None:
            return _say(json.dumps(document, indent=2, ensure_ascii=False))
        broken = _breaking(given.since, document)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for change in broken:
        _say(str(change))
    return 1 if broken else 0


def _breaking(since: str, document: "dict[str, Any]") -> "list[Breaking]":
    try:
        return compare(json.loads(Path(since).read_text("utf-8")), document)
    except RecursionError:
        raise ValueError(f"{since}: is no document of events: it is nested too deep.") from None
    except ValueError as error:
        raise ValueError(f"{since}: is no document of events: {error}") from None


def _say(line: str) -> int:
    sys.stdout.write(line + "\n")
    return 0


def _registry(where: str) -> Events:
    module, colon, name = where.partition(":")
    try:
        found: Any = importlib.import_module(module) if module and colon else None
    except ImportError as error:
        raise ValueError(f"registry: {where!r}: {error}. Give it as 'shop.hooks:events'.") from None
    found = getattr(found, name, None)
    if not isinstance(found, Events):
        raise ValueError(f"registry: {where!r} is no Events. Give it as 'shop.hooks:events'.")
    return found
