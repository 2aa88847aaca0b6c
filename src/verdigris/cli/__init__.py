"""The command line: one verb per file. It reads and files; what happens is decided by the controller."""

from verdigris.cli.edge import main

__all__ = ["main"]
