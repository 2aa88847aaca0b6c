"""Replayed pairs as counts: what is compared, what is left out, and that users' counts stay as they are."""

from dataclasses import replace

import pytest

from verdigris.core.tallies import bin_of
from verdigris.core.world import Known, PerSlot, Second, Tally, Unknown
from verdigris.traffic.control import KEPT, Control, Controlled, comparable
from verdigris.traffic.sender import How, Outcome

GOOD = Outcome(How.ANSWERED, 200, 12.0)
REFUSED, MISSING = Outcome(How.ANSWERED, 401, 3.0), Outcome(How.ANSWERED, 404, 3.0)
FAILED = Outcome(How.ANSWERED, 503, 40.0)
UNREACHED, LATE, VOID = Outcome(How.UNREACHED), Outcome(How.TIMED_OUT), Outcome(How.VOID)
USERS = (Second(7.0, PerSlot(Tally(), Tally(90, 2))), Second(8.0, PerSlot(Tally(), Tally(95))))


def counted(*pairs, at=7):
    control = Control()
    for pair in pairs:
        control.count(at, PerSlot(*pair))
    return control


def told(control, at=0):
    return control.beside(USERS)[at].control


def test_both_slots_have_the_same_number_of_requests_each_as_it_ended():
    found = told(counted((GOOD, GOOD), (GOOD, FAILED), (UNREACHED, GOOD), (LATE, LATE)))
    assert (4, 4) == (found.blue.requests, found.green.requests)
    assert Tally(4, 0, 0, 1, 1, (*[0] * bin_of(12.0), 2)) == found.blue
    assert (1, 0, 1) == (found.green.errors, found.green.unreached, found.green.timeouts)
    assert (3, 1, 1) == (
        sum(found.green.latency),
        found.green.latency[bin_of(12.0)] - 1,
        found.green.latency[-1],
    )


@pytest.mark.parametrize(
    "pair", [(REFUSED, REFUSED), (REFUSED, MISSING), (VOID, GOOD), (FAILED, VOID)], ids=str
)
def test_what_says_nothing_is_counted_as_asked_and_as_no_request(pair):
    found = told(counted(pair))
    assert PerSlot(Tally(asked=1), Tally(asked=1)) == found
    assert not comparable(*pair)


def test_what_only_one_of_them_refuses_is_compared_and_is_no_failure():
    found = told(counted((GOOD, REFUSED)))
    assert (1, 1, 0) == (found.green.requests, found.green.refused, found.green.failures)


def test_counts_stand_beside_those_of_users_in_their_second_alone():
    control = counted((GOOD, FAILED))
    assert [second.slots for second in USERS] == [second.slots for second in control.beside(USERS)]
    assert [True, False] == [second.control is not None for second in control.beside(USERS)]


def test_a_second_in_which_nothing_came_to_be_compared_says_so():
    control = Control()
    assert USERS is control.beside(USERS)
    control.begin(8)
    assert PerSlot(Tally(), Tally()) == told(control, 1)


def test_the_same_second_is_made_once_until_something_is_new():
    control = counted((GOOD, GOOD))
    first = control.beside(USERS)[0]
    assert first is control.beside(USERS)[0]
    control.count(7, PerSlot(GOOD, GOOD))
    assert 2 == control.beside(USERS)[0].control.blue.requests
    lost = replace(USERS[0], lost=True)
    assert control.beside((lost,))[0].lost
    more = replace(USERS[0], slots=PerSlot(Tally(), Tally(91)))
    assert 91 == control.beside((more,))[0].slots.green.requests


def test_no_more_than_three_minutes_are_remembered():
    control = Control()
    for at in range(1000):
        control.count(at, PerSlot(GOOD, GOOD))
        control.beside((Second(float(at), PerSlot(Tally(), Tally())),))
    assert (KEPT, KEPT) == (len(control._cells), len(control._joined))


class Users:
    def __init__(self, seen):
        self.seen = seen

    async def observe(self):
        return self.seen


async def test_what_is_unknown_of_users_stays_unknown():
    unknown = Unknown("the router has sent no lines for 4 s")
    assert unknown is await Controlled(Users(unknown), counted((GOOD, GOOD))).observe()
    seen = await Controlled(Users(Known(USERS, 9.0)), counted((GOOD, GOOD))).observe()
    assert (9.0, 1) == (seen.seen_at, seen.value[0].control.blue.requests)
