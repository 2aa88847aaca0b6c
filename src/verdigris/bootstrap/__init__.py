"""The only place that knows which adapter is which: one state directory with its configuration, wired together."""

from verdigris.bootstrap.house import House

__all__ = ["House"]
