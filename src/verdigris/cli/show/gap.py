"""What a page leaves out of a long past, in words: how many events, and what to type to see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["NO_GAP", "Gap", "gap_document", "gap_sentence"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Events that are left out: how many, and the number of the one that is told next."""

    count: int = 0
    before: int = 0

    def ends_at(self, number: int) -> bool:
        """Whether the event with this number is the first after what is left out."""
        return self.count > 0 and number == self.before


NO_GAP = Gap()


def gap_sentence(gap: Gap, deployment: str) -> str:
    were = "event is" if gap.count == 1 else "events are"
    return f"… {gap.count:,} {were} left out: `{all_of_it(deployment)}`"


def gap_document(gap: Gap, deployment: str) -> dict[str, Any]:
    return {
        "type": "left_out",
        "deployment": deployment,
        "count": gap.count,
        "next": all_of_it(deployment),
    }


def all_of_it(deployment: str) -> str:
    return f"verdigris report {deployment} --all"
