"""Who watches a simulated history: everything that is told, done and written down, against the truth."""

from __future__ import annotations

from collections.abc import Callable

from verdigris.testing.course import Course
from verdigris.testing.deeds import Deeds
from verdigris.testing.fakes import Hooks
from verdigris.testing.host import Host
from verdigris.testing.memory_store import MemoryStore
from verdigris.testing.orders import Orders
from verdigris.testing.truth import Truth
from verdigris.testing.widths import Widths

__all__ = ["Witness"]


class Witness:
    """One app's truth, and the promises that are checked against it. `refused`: the store cannot be written."""

    def __init__(
        self, host: Host, store: MemoryStore, app: str, refused: Callable[[], bool] = lambda: False
    ) -> None:
        self.truth = Truth(host, store, app, refused)
        self.orders = Orders(self.truth)
        self.widths = Widths(self.truth)
        self.deeds = Deeds(self.truth, self.widths)
        self.course = Course(self.truth)

    def hooks(self) -> Hooks:
        """Where the fakes tell what they are asked and what they do."""
        deeds = self.deeds
        return Hooks(
            self.orders.asked,
            deeds.applied,
            deeds.provisioned,
            deeds.torn_down,
            deeds.told,
            deeds.asked_away,
            self.widths.expanded,
            deeds.contracting,
            self.widths.contracted,
            deeds.dropping,
            self.widths.dropped,
            deeds.replayed,
        )
