"""Several metrics, one threshold: the weighted mean of their e-values, and who made it large."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, log

__all__ = ["e_bh", "mean", "shares", "sum_of_logs"]


def sum_of_logs(logs: Sequence[float]) -> float:
    """ln of the sum of what these are the logarithms of."""
    top = max(logs, default=-inf)
    return top + log(sum(exp(one - top) for one in logs)) if top > -inf else -inf


def mean(ln_es: Sequence[float], weights: Sequence[float]) -> float:
    """ln of the weighted mean, in nats; weights are fixed beforehand, >= 0, and sum to at most 1.

    The only admissible way to merge e-values that may depend on each other in any way (Vovk & Wang 2021, Wang 2024).
    A weight costs ln(1/weight) nats of that metric's evidence. Never multiply: the metrics see the same requests.
    """
    return sum_of_logs(weighted(ln_es, weights))


def weighted(ln_es: Sequence[float], weights: Sequence[float]) -> list[float]:
    return [ln_e + log(w) if w > 0.0 else -inf for ln_e, w in zip(ln_es, weights, strict=True)]


def shares(ln_es: Sequence[float], weights: Sequence[float]) -> list[float]:
    """What part of the mean each metric is, in [0, 1]; they sum to 1 where there is any evidence."""
    parts = weighted(ln_es, weights)
    total = sum_of_logs(parts)
    return [exp(part - total) if total > -inf else 0.0 for part in parts]


def e_bh(ln_es: Sequence[float], alpha: float) -> list[int]:
    """The indices of the metrics that are rejected at false discovery rate `alpha` (Wang & Ramdas 2022)."""
    order = sorted(range(len(ln_es)), key=lambda i: -ln_es[i])
    found = 0
    for rank, i in enumerate(order, start=1):
        # ln of rank * e >= count / alpha, with a grain of rounding in favour of equality
        if ln_es[i] >= log(len(ln_es) / (alpha * rank)) - 1e-12:
            found = rank
    return sorted(order[:found])
