"""The seconds that a trial took and that are not written down yet: they are saved with what the trial made of them.

So the counts that are stored are those of the trial that is stored, whatever died in between: none twice, and none
that it did not see.
"""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.deployment import Deployment
from verdigris.core.judging.lines import Heading
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.trial import ln_e
from verdigris.core.trials import EDGES, Taken
from verdigris.ports import Counted

__all__ = ["BEFORE_MOST", "LONGEST", "WAITING_MOST", "Unwritten"]

LONGEST = 7200
"""Seconds after exposure that are kept: with a longer bake its end cannot be recomputed, and the report says so."""
BEFORE_MOST = 900
"""Seconds before exposure that are kept one by one: a gate may wait for a day, and its sums are kept instead."""
WAITING_MOST = 1800
"""Seconds that wait while nothing can be written down; then what comes is missing. Before exposure nothing ever is."""


class Unwritten:
    """What waits to be written, in the order of time. Taking a second twice changes nothing."""

    def __init__(self) -> None:
        self.rows: dict[int, Counted] = {}
        self.headed: tuple[str, Settings] | None = None
        self.before = 0

    def take(self, before: Deployment, taken: tuple[Taken, ...]) -> None:
        """These seconds wait as well, with what they are judged by above the first of them.

        `before` is what this look went on with: what waits of a look that was not remembered is void.
        """
        self.back_to(before)
        for one in taken:
            exposed = one.after.exposed_at
            kept = exposed is None or one.counts.at - exposed < LONGEST
            if kept and len(self.rows) < WAITING_MOST:
                clock = one.after.clock
                counts = replace(one.counts, at=one.counts.at + clock) if clock else one.counts
                found = 0.0 if exposed is None else ln_e(one.after, one.settings)
                self.rows[counts.at] = Counted(counts.at, counts, found, self.heading(before, one))

    def heading(self, d: Deployment, one: Taken) -> Heading | None:
        """Where a controller begins, or the settings are new; before exposure what was there so far is summed up."""
        begins = one.before.exposed_at is None
        new = self.headed != (d.id, one.settings)
        if not new and not (begins and self.before >= BEFORE_MOST):
            self.before += begins
            return None
        self.headed, self.before = (d.id, one.settings), 1
        if not begins:
            return Heading(one.settings, EDGES, str(d.candidate), str(d.live), goes_on=True)
        self.rows.clear()
        base = one.before.base if one.before.base.seconds else None
        return Heading(one.settings, EDGES, str(d.candidate), str(d.live), base)

    def back_to(self, before: Deployment) -> None:
        state = before.trial
        last = -1 if state is None or state.at is None else state.at + state.clock
        other = self.headed is not None and self.headed[0] != before.id
        void = [at for at in self.rows if other or at > last]
        gone = [self.rows.pop(at) for at in void]
        if any(one.heading for one in gone):
            self.headed = None

    def of(self, d: Deployment) -> tuple[Counted, ...]:
        """What waits of this deployment."""
        return tuple(self.rows.values()) if self.headed and self.headed[0] == d.id else ()

    def written(self) -> None:
        """All that waits is stored."""
        self.rows.clear()

    def forget(self) -> None:
        """Somebody else wrote: what waits belongs to a trial that is not stored. What it lacks is taken again."""
        self.rows.clear()
        self.headed = None
