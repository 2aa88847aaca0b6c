"""Which SQL the application sends while it is tried, so that a schema change can be proven against it."""

from .statements import Statements

__all__ = ["Statements"]
