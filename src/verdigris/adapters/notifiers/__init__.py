"""What reaches a person: alerts, derived from the event log, that must never hold up the controller."""

__all__: list[str] = []
