"""Requests that have not answered yet: a slot that hangs has no slow answers, so they are counted as slow by age."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["pending_older"]


def pending_older(started: Sequence[int], done: Sequence[int], ticks: int) -> list[int]:
    """At least how many requests were inside for more than `ticks`, at each tick; both counts are cumulative.

    Of those that had started by then at most all that are done since the beginning were among the finished ones.
    """
    return [max(0, (started[t - ticks] if t >= ticks else 0) - ended) for t, ended in enumerate(done)]
