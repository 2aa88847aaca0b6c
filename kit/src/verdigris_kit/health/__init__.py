"""Deep health: is what this process needs really there, as one JSON document.

Being asked often can overload neither a database nor this process: whoever asks gets the result of one look, and a
check that hangs is not started again beside itself. Reasons are told only to who may see them.
"""

from .endpoint import Health
from .runner import Check, Finding
from .serving import Asked, Reply

__all__ = ["Asked", "Check", "Finding", "Health", "Reply"]
