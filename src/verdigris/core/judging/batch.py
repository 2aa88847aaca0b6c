"""Counts of both slots that wait until there are enough of them to bet on, and how clumped they were so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from verdigris.core.judging.dispersion import EMPTY, Bin, Dispersion, Dispersions

__all__ = ["Batch", "gather"]


class Batch(NamedTuple):
    """`pending` counts, and the exponent `phi` that they will be bet with: known before the first of them was."""

    dispersion: Dispersion
    pending: Bin = EMPTY
    phi: float = 1.0

    def without(self) -> Batch:
        """What waits is left out, and blocks begin anew: what comes next is of other requests."""
        return Batch(self.dispersion._replace(seconds=()))

    @staticmethod
    def of(row: Sequence[Any]) -> Batch:
        return Batch(Dispersion.of(row[0]), tuple(row[1]), row[2])


def gather(
    batch: Batch, second: Bin, rule: Dispersions, least: int, phi_least: float = 1.0
) -> tuple[Batch, Bin | None]:
    """One second later, and the counts to settle now: when there are `least` requests on either side.

    When to settle depends on the traffic alone, so that nobody chooses the moment by what he sees. `phi_least` is what
    others know by now of how clumped these are.
    """
    eg, eb, ng, nb = batch.pending
    phi = batch.phi if ng or nb else max(batch.dispersion.phi, phi_least)
    pending = (eg + second[0], eb + second[1], ng + second[2], nb + second[3])
    dispersion = rule.step(batch.dispersion, second)
    if min(pending[2], pending[3]) < least:
        return Batch(dispersion, pending, phi), None
    return Batch(dispersion, EMPTY, phi), pending
