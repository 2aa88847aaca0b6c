"""Where verdigris remembers: the store of the controller, the desk of the command line, the board and the lease.

Nothing is imported here, so that `verdigris status` does not pay for what only the controller needs.
"""

__all__: list[str] = []
