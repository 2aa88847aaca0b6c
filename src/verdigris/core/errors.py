"""What can go wrong, sorted by what the operator can do about it.

Expected outcomes are values (`Verdict`, `waiting_for`, `Unknown`); an error is for what nobody asked for.
Every message is a sentence with the thing, the value and the next step.
"""

__all__ = [
    "ActionError",
    "ConfigError",
    "Conflict",
    "ObservationError",
    "Refused",
    "StoreUnavailable",
    "VerdigrisError",
]


class VerdigrisError(Exception):
    """The parent of every error that verdigris raises on purpose; its text is meant for a person."""


class ConfigError(VerdigrisError):
    """The configuration or the command line is wrong: the operator edits it and tries again."""


class ObservationError(VerdigrisError):
    """The world could not be looked at: what depends on it is unknown until it can."""


class ActionError(VerdigrisError):
    """An effect failed or its outcome is not known: the next look decides, the effect may be repeated."""


class Refused(VerdigrisError):
    """What was asked would break a promise: nothing was done, and the message says what would make it possible."""


class Conflict(VerdigrisError):
    """Somebody else was first: another controller, another deployment, or a newer generation."""


class StoreUnavailable(VerdigrisError):
    """Nothing can be written down: no effect may follow, except moving traffic back."""
