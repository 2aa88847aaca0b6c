"""Who sees the new version: as many as the share says, always the same ones, and others in the next deployment (F12).

What the router does with a name is written here a second time, as a formula. The router is compared with the formula
on a sample, and the formula answers for the masses.
"""

import asyncio
import random
import uuid
from collections import Counter
from itertools import product
from math import comb, sqrt

import pytest
from xxhash import xxh32_intdigest

from verdigris.adapters.routers.haproxy import Identity
from verdigris.core.world import Cohort, Slot

SHARES = (1, 5, 10, 25, 50)
SEED = random.SystemRandom().randrange(1 << 32)
DRAWN = random.Random(SEED)


def fresh_salts():
    """As deployments get them: none was ever used before, in no run of these tests either."""
    return [f"d-{DRAWN.getrandbits(48):x}" for _ in range(20)]


SALTS = fresh_salts()
BAR = 3.5
"""Sigmas by which a share may be off, each for itself."""
DRAWINGS = 3
"""How often twenty salts are drawn before a share is called wrong."""
CHANCE_MOST = 1e-4
"""That a fair lot is called unfair, in a whole run."""

SYLLABLES = ["ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su"]
CROWDS = {
    "numbers": [str(number) for number in range(1, 1000)],
    "words": ["".join(parts) for parts in product(SYLLABLES, repeat=3)],
    "uuids": [str(uuid.UUID(int=DRAWN.getrandbits(128), version=4)) for _ in range(1000)],
}
SAMPLE = [user for crowd in CROWDS.values() for user in crowd[::15]]
CLIENTS = 8
SITE = {"app": "api", "identity": Identity("header", "X-User-Id")}


def bucket(salt, user):
    """0 to 99; green is for those below its share."""
    return xxh32_intdigest(f"cohort={salt}/{user}".encode()) % 100


def in_green(salt, users, share):
    return {user for user in users if bucket(salt, user) < share}


@pytest.fixture
async def users(make_street):
    """A street whose app knows its users, with both slots behind it."""
    street = await make_street(SITE)
    street.both_slots = await street.both()
    return street


async def share(street, percent, generation, salt):
    await street.route("api", percent, generation, *street.both_slots, cohort=Cohort(salt, Slot.GREEN))


async def seen_in_green(street, users):
    """Those whom green answers. Everybody asks once, over one of several kept-alive connections."""
    found = set()

    async def ask(client, some):
        for user in some:
            if (await client.ask(headers=[f"X-User-Id: {user}"])).body == "green":
                found.add(user)

    clients = [street.client() for _ in range(CLIENTS)]
    await asyncio.gather(*(ask(client, users[n::CLIENTS]) for n, client in enumerate(clients)))
    for client in clients:
        client.close()
    return found


async def test_f12_the_router_chooses_by_the_formula(users, figure):
    """Two hundred people for each salt, and each share for four of the salts."""
    asked, strange = 0, []
    for generation, salt in enumerate(SALTS, start=1):
        percent = SHARES[generation % len(SHARES)]
        await share(users, percent, generation, salt)
        seen, told = await seen_in_green(users, SAMPLE), in_green(salt, SAMPLE, percent)
        strange += [(salt, percent, user) for user in seen ^ told]
        asked += len(SAMPLE)
    figure(
        f"cohorts: {asked} requests over {len(SALTS)} salts, {len(strange)} not where the formula has them"
    )
    assert [] == strange


async def test_whoever_was_in_stays_in_while_the_share_grows_and_nobody_comes_back_at_its_end(users):
    salt, before, asked = SALTS[0], set(), SAMPLE[::2]
    for generation, percent in enumerate((*SHARES, 100), start=1):
        await share(users, percent, generation, salt)
        seen = await seen_in_green(users, asked)
        assert before <= seen
        before = seen
    assert set(asked) == before
    await share(users, 0, 7, salt)
    assert set() == await seen_in_green(users, asked)


async def test_a_user_has_the_same_slot_however_often_he_asks(users):
    await share(users, 50, 1, SALTS[0])
    seen = Counter()
    for _ in range(5):
        seen.update(await seen_in_green(users, SAMPLE[::4]))
    assert {5} == set(seen.values())


async def test_f12_others_are_the_first_in_the_next_deployment(users, figure):
    """With two independent drawings of a quarter, a quarter of the first are in the second.

    Without a salt all of them would be. Five sigma are far from that, and a fair lot is off so far once in a million.
    """
    first, second = [await drawn(users, 25, generation, SALTS[generation]) for generation in (1, 2)]
    again = len(first & second) / len(first)
    figure(f"cohorts: of the first quarter {again:.0%} are among the first in the next deployment")
    assert again < 0.25 + 5 * sqrt(0.25 * 0.75 / len(first))


async def drawn(street, percent, generation, salt):
    await share(street, percent, generation, salt)
    return await seen_in_green(street, SAMPLE)


def sigmas(count, n, percent):
    """How far from its share a count of n is."""
    p = percent / 100
    return abs(count / n - p) / sqrt(p * (1 - p) / n)


def farthest_of(crowd, percent, salts):
    return max(sigmas(len(in_green(salt, crowd, percent)), len(crowd), percent) for salt in salts)


@pytest.mark.parametrize("name", CROWDS)
def test_f12_the_shares_of_a_thousand_are_as_a_fair_lot_has_them(name, figure):
    """Every share within 3.5 sigma for every one of twenty fresh salts.

    Each of these is a comparison of its own, and a fair lot fails one in 1,800: with three hundred of them one run in
    seven would fail for nothing. So a share that is off gets twenty fresh salts again, and once more; it is wrong when
    every drawing had a salt beyond the bar. See the next test for how seldom that happens to a fair lot. A lot that
    is unfair with every salt fails all three; one that is so with every tenth fails with two chances in three.
    """
    crowd, found = CROWDS[name], {}
    for percent in SHARES:
        drawings = found[percent] = [farthest_of(crowd, percent, SALTS)]
        while drawings[-1] > BAR and len(drawings) < DRAWINGS:
            drawings.append(farthest_of(crowd, percent, fresh_salts()))
    again = sum(len(drawings) - 1 for drawings in found.values())
    figure(
        f"cohorts: {len(crowd)} {name}, {len(SHARES)} shares, {len(SALTS)} fresh salts (seed {SEED}): at most "
        f"{max(map(max, found.values())):.2f} sigma off, {again} drawings repeated"
    )
    assert {} == {percent: drawings for percent, drawings in found.items() if drawings[-1] > BAR}


def test_a_fair_lot_is_called_unfair_in_one_run_of_ten_thousand_at_most(figure):
    """Exactly, from the binomial distribution; it is skewed where a share is small, and has steps."""
    chance = 0.0
    for crowd, percent in product(CROWDS.values(), SHARES):
        drawing = 1 - (1 - beyond(len(crowd), percent)) ** len(SALTS)
        chance += drawing**DRAWINGS
    figure(f"cohorts: a fair lot fails with a chance of {chance:.1e} in a run")
    assert chance <= CHANCE_MOST


def beyond(n, percent):
    """The chance that a fair lot of n is off by more than the bar."""
    p = percent / 100
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if sigmas(k, n, percent) > BAR)


def test_f12_the_shares_of_a_hundred_thousand_are_within_a_point(figure):
    farthest = 0.0
    for salt in SALTS:
        counts = Counter(bucket(salt, number) for number in range(1, 100_001))
        for percent in SHARES:
            got = sum(counts[below] for below in range(percent)) / 1000
            farthest = max(farthest, abs(got - percent))
    figure(f"cohorts: 100,000 ids over {len(SALTS)} salts: at most {farthest:.2f} points off")
    assert farthest <= 1
