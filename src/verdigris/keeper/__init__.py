"""The small process that owns the router and the instances, and outlives the controller.

One keeper per state directory. Standard library only; nothing of verdigris outside this room is imported.
It never decides what should run: it starts, restarts and stops what a request declared, and says what it sees.
"""

__all__: list[str] = []
