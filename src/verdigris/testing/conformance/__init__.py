"""What every adapter of a port has to keep, as checks that need no test framework: for people who write adapters."""

__all__: list[str] = []
