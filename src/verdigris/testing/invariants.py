"""The promises, and what it is to break one. Each is checked against the truth after every simulated step.

The numbers are those of the fault study: I1 serving, I2 gate, I3 single writer, I4 way back, I5 no destruction of
what serves, I6 crash convergence, I7 fail-static, I8 bounded, I9 evidence, I10 time, I11 audit, I13 schema,
I14 liveness, I15 one live. I12 (secrets and input) has no subject here: it is tested where text is.
"""

from __future__ import annotations

__all__ = ["WATCHED", "Violation", "require"]

WATCHED = ("cutover", "drain", "bake", "stabilize")
"""The phases in which the candidate has traffic and can still lose it."""


class Violation(AssertionError):
    """A promise was broken."""


def require(holds: bool, promise: str, what: str) -> None:
    if not holds:
        raise Violation(f"{promise}: {what}")
