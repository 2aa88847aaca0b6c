"""What is written down of a job that failed: that it is tried again, or that it is given up."""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.errors import ConfigError, Refused, VerdigrisError
from verdigris.core.world import Proven
from verdigris.schema.jobs.order import Deed, Order
from verdigris.schema.jobs.papers import Answer, Papers, Question

__all__ = ["AGAIN", "TOLD", "failed"]

TRIES_MOST = 20
"""Tries of a contract, one later after the other: a quarter of an hour."""

AGAIN = 3600.0
"""Seconds from one try to drop for good to the next."""

TOLD = 3
"""What a job ends with that has failed and written so: any other number is that of one that could not."""


def failed(order: Order, papers: Papers, error: Exception, wall: float) -> Papers:
    """What is told of it. A contract that cannot be carried out is given up: it stays owed, and a person is told.

    Nobody waits for a drop, so it is tried again some time after `wall`, the time of day.
    """
    told = str(error) if isinstance(error, VerdigrisError) else f"{type(error).__name__} in the job itself"
    if order.deed is Deed.DROP:
        return replace(papers, doing=f"what the contract took away is still there: {told}", due=wall + AGAIN)
    failures = papers.failures + 1
    hopeless = isinstance(error, (ConfigError, Refused)) or failures >= TRIES_MOST
    if order.deed is Deed.CONTRACT and hopeless:
        sentence = f"it could not be carried out: {told}"
        return papers.answered(Question.CONTRACTS, Answer(Proven.DISPROVEN, sentence))
    return replace(papers, doing=f"{order.deed} failed and is tried again: {told}", failures=failures)
