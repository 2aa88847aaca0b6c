"""What a source of outcomes cannot notice as it is configured: for `plan`, each with the key that would change it."""

from __future__ import annotations

import re

from verdigris.cli.show.beside import compares
from verdigris.config import Settings, SignalSettings

__all__ = ["uncounted"]


def uncounted(settings: Settings, first: bool) -> list[str]:
    """Nothing where no source is configured."""
    found = []
    if settings.signals is None:
        return []
    if not first and not compares(settings.policy):
        found.append(
            "what users get is only compared while both slots have traffic, and they never have (cutover.ramp)"
        )
    if summed(settings.signals):
        found.append(
            "a sum over instances falls when one is missing from a scrape, and rises by all of its past when it is "
            "back: leave out sum, each series is followed by itself (signals.prometheus)"
        )
    return found


def summed(signals: SignalSettings) -> bool:
    asked = signals.prometheus
    return asked is not None and any("sum" in re.findall(r"\w+", query) for query in (asked.good, asked.bad))
