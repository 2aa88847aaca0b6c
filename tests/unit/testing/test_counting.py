"""The source of outcomes in memory."""

from verdigris.core.world import Known, Slot, Unknown
from verdigris.testing.counting import FakeSource


class Clock:
    """A clock that somebody sets, and a boot."""

    moment, boot = 10.0, "one"

    def now(self):
        return self.moment

    def wall(self):
        return self.moment

    def base(self):
        return self.boot


async def test_it_tells_what_came_since_the_sums_before_and_nothing_after_a_silence_or_a_boot():
    clock, total, silent = Clock(), {"good": 5}, []
    source = FakeSource(clock, lambda slot: (total["good"], 0), lambda: bool(silent))

    async def came():
        clock.moment += 1.0
        told = await source.observe()
        return [poll.slots[Slot.BLUE].good for poll in told.polls], told.slots[Slot.BLUE]

    assert ([], True) == ((await came())[0], isinstance(source.seen[Slot.BLUE], Known))
    total["good"] = 8
    assert [3] == (await came())[0]
    silent.append(1)
    assert "does not answer" in (await came())[1].value
    silent.clear()
    clock.boot = "two"
    assert [] == (await came())[0]


async def test_who_never_answered_is_unknown():
    told = await FakeSource(Clock(), lambda slot: (0, 0), lambda: True).observe()
    assert isinstance(told.slots[Slot.GREEN], Unknown)
