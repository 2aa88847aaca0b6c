"""The keys that say where it is counted what requests came to for users: Prometheus, a file, or a command.

Each model is one mapping of verdigris.yaml and holds what the file says, as it says it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlsplit

from verdigris.config import fields as f
from verdigris.config.document import Complaint, shown
from verdigris.config.section import Section, key, section
from verdigris.config.units import seconds

__all__ = ["Prometheus", "Signals", "check_signals", "sources_of"]

SLOT = "{slot}"
QUERY_MOST = 2000
URL_MOST = 500


def _check_url(value: object) -> object:
    if value == "none":
        return value
    url = _split(value) if isinstance(value, str) and len(value) <= URL_MOST else None
    if url is None or url.scheme not in ("http", "https") or not url.hostname:
        raise ValueError("must be an http or https URL like http://127.0.0.1:9090, in quotes")
    # What it holds besides may be a secret, and is not repeated.
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("must end with the path: a token belongs in signals.prometheus.token, by reference")
    if not all(c.isascii() and c.isprintable() and c != " " for c in str(value)):
        raise ValueError("must be an http or https URL without spaces, like http://127.0.0.1:9090")
    return value


def _split(value: str) -> Any:
    try:
        found = urlsplit(value)
        return found if found.port != 0 else None  # a port that is none is a ValueError as well
    except ValueError:
        return None


def _check_query(value: object) -> object:
    if not isinstance(value, str) or not value.strip() or len(value) > QUERY_MOST:
        raise ValueError(f"must be a query of at most {QUERY_MOST} characters, in quotes")
    return value


def _check_token(value: object) -> object:
    """No value is ever shown: it may be what must not be seen."""
    if value == "none" or (isinstance(value, str) and f.REFERENCE.fullmatch(value)):
        return value
    raise ValueError(
        'must be "env:NAME", "file:/path" or "credential:NAME": a token does not belong in a file'
    )


def _check_command(value: object) -> object:
    return value if value == "none" else f.argv.check(value)


# Not called what the keys are: a key's default would be taken for its kind.
place = f.Written(_check_url, "http or https URL")
promql = f.Written(_check_query, "PromQL")
reference = f.Written(_check_token, "reference")
program = f.Written(_check_command, "list of texts", {"anyOf": [{"const": "none"}, dict(f.argv.schema)]})


class Prometheus(Section):
    """Two counters that Prometheus has, each by a query in which `{slot}` stands for `blue` and `green`."""

    url: Annotated[str, place] = key(
        "none", "Where Prometheus is, like http://127.0.0.1:9090; `none` for none."
    )
    good: Annotated[str, promql] = key(
        "none",
        "What went well for users, counted since the start: a counter, no rate, and without `sum`, so that an instance "
        "that is missing for a moment is not taken for new.",
    )
    bad: Annotated[str, promql] = key("none", "What did not. Both have to show 0 from the start.")
    token: Annotated[str, reference] = key(
        "none",
        "Where its bearer token is: `env:NAME`, `file:/path`, `credential:NAME`, read for every question.",
    )


class Signals(Section):
    """Where it is counted what requests came to for users (orders approved, payments declined): one source, or none.

    What an application says in a header of its answers counts where no source is configured.
    """

    prometheus: Prometheus = section()
    file: Annotated[str, f.text(r"\S(.*\S)?", "none or a path")] = key(
        "none",
        'A file of JSON lines, of which the last counts: `{"blue": {"good": 90, "bad": 1}, "green": {…}}`, since the '
        "start of each. To be written at least once within `stale_after`.",
    )
    command: Annotated[Any, program] = key(
        "none",
        'A command that prints `{"good": 90, "bad": 1}` for one slot: `["./counts", "{slot}"]`.',
    )
    every: Annotated[str, f.duration("1s", "5m")] = key("5s", "How often it is asked.")
    stale_after: Annotated[str, f.duration("2s", "1h")] = key(
        "30s",
        "Without a count for longer than this it is unknown what users get, and the evidence stands still.",
    )


def sources_of(signals: Signals) -> list[str]:
    """The kinds of source that are asked for."""
    asked = signals.prometheus != Prometheus()
    named = {"prometheus": asked, "file": signals.file != "none", "command": signals.command != "none"}
    return [name for name, wanted in named.items() if wanted]


def check_signals(signals: Signals) -> Iterator[Complaint]:
    """What the keys of this section have to do with each other."""
    kinds = sources_of(signals)
    if len(kinds) > 1:
        sentence = (
            f"has {' and '.join(kinds)}, and one source is asked: sums of two would count a request twice"
        )
        yield Complaint(("signals",), f"{sentence}. Take one away")
    if "prometheus" in kinds:
        yield from _check_prometheus(signals.prometheus)
    if "command" in kinds and not any(SLOT in part for part in signals.command):
        sentence = f'has no {SLOT}, so that both slots would be counted alike: write ["./counts", "{SLOT}"]'
        yield Complaint(("signals", "command"), sentence)
    if seconds(signals.stale_after) < 2 * seconds(signals.every):
        sentence = f"must be at least twice signals.every ({signals.every}), got {signals.stale_after}"
        yield Complaint(("signals", "stale_after"), sentence)


def _check_prometheus(prometheus: Prometheus) -> Iterator[Complaint]:
    if prometheus.url == "none":
        yield Complaint(("signals", "prometheus", "url"), "is missing: write where Prometheus is")
    for name in ("good", "bad"):
        asked = getattr(prometheus, name)
        if asked == "none":
            sentence = (
                f'is missing: write a query for a counter of each slot, like orders_total{{slot="{SLOT}"}}'
            )
            yield Complaint(("signals", "prometheus", name), sentence)
        elif SLOT not in asked:
            sentence = f"has no {SLOT}, so that both slots would be counted alike, got {shown(asked)}"
            yield Complaint(("signals", "prometheus", name), sentence)
    if prometheus.good == prometheus.bad != "none":
        yield Complaint(("signals", "prometheus", "bad"), "is the same as good: count what did not go well")
