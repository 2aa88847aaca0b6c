"""Faults that the simulator has to find, each made by exchanging a few functions of the core or the loop.

They are what keeps the promises of `invariants` honest: a fault that survives says that a promise is not checked.
"""

from __future__ import annotations

from verdigris.testing import planted_drills, planted_evidence, planted_roles, planted_traffic, planted_ways

__all__ = ["FAULTS"]

FAULTS = (
    *planted_traffic.FAULTS,
    *planted_evidence.FAULTS,
    *planted_ways.FAULTS,
    *planted_drills.FAULTS,
    *planted_roles.FAULTS,
)
"""All of them."""
