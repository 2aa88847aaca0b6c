"""What the slots and instances of one app are called at the keeper, which serves several: `api.blue` is `blue` here.

Nobody outside of this environment sees the longer names, but for the files in logs/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from verdigris.core.world import Slot
from verdigris.keeper.names import local, realm_of
from verdigris.keeper.observed import Event, Observed, SlotSeen

__all__ = ["Names"]


@dataclass(frozen=True, slots=True)
class Names:
    """Of one app."""

    app: str

    def of(self, slot: Slot) -> str:
        """The slot's name at the keeper."""
        return f"{self.app}.{slot}"

    def ours(self, name: str) -> bool:
        """Whether a slot or instance of the keeper is this app's."""
        return realm_of(name) == self.app

    def slots(self, seen: Observed) -> dict[Slot, SlotSeen]:
        """The slots of this app, with everything in them named as it is here."""
        return {slot: self._here(seen.slots[self.of(slot)]) for slot in Slot if self.of(slot) in seen.slots}

    def concerns(self, event: Event) -> bool:
        """Whether it is about this app, or about nobody's slot: the router and the keeper serve all."""
        return not event.slot or self.ours(event.slot)

    def said(self, sentence: str) -> str:
        """A sentence of the keeper as it is said here; paths stay what they are."""
        return re.sub(rf"(?<![\w./-]){re.escape(self.app)}\.(?=(?:{'|'.join(Slot)})\b)", "", sentence)

    def _here(self, found: SlotSeen) -> SlotSeen:
        instances = (replace(i, name=local(i.name), sentence=self.said(i.sentence)) for i in found.instances)
        return replace(found, instances=tuple(instances))
