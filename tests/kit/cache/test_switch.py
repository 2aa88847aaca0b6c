"""A switch and a way back under load, over one real Redis: what versions are worth, beside what people do else."""

import json
import random
import threading
from dataclasses import dataclass, field

import pytest

from tests.kit.cache.backends import counted, plain, plain_valkey
from verdigris_kit import counts
from verdigris_kit.cache import Cache, Versions

USERS = 400
READS = 600
"""So many by each version, in every stage."""

CHANGES = 20
"""One of so many is a change instead."""

UP = {1: lambda user: {"full": user["name"]}}
DOWN = {2: lambda user: {"name": user["full"]}}
FAULTS = ("cache.corrupt", "cache.foreign", "cache.upgrade_failed", "cache.downgrade_failed", "cache.backend")


@dataclass
class Shape:
    """How a version of the application keeps a user: one field, which the next version has renamed."""

    name: str
    field: str


OLD, NEW = Shape("old", "name"), Shape("new", "full")


@dataclass
class Tally:
    hits: int = 0
    misses: int = 0
    errors: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def rate(self) -> float:
        return self.hits / (self.hits + self.misses + self.errors)


class Versioned:
    """An application that uses the kit's cache."""

    def __init__(self, url, shape, versions):
        self.shape, self.cache = shape, Cache(plain(url), versions)

    def read(self, n, tally):
        made = []
        user = self.cache.get_or_make(f"user:{n}", lambda: made.append(n) or {self.shape.field: f"user {n}"})
        with tally.lock:
            tally.hits, tally.misses = tally.hits + (not made), tally.misses + bool(made)
            tally.errors += f"user {n}" != user.get(self.shape.field)

    def change(self, n):
        self.cache.set(f"user:{n}", {self.shape.field: f"user {n}"})


class Unversioned:
    """An application that keeps JSON under a key without version, as most do."""

    def __init__(self, url, shape, _):
        self.shape, self.client = shape, plain(url)

    def read(self, n, tally):
        raw = self.client.get(f"user:{n}")
        with tally.lock:
            if raw is None:
                tally.misses += 1
                self.change(n)
            elif self.shape.field in json.loads(raw):
                tally.hits += 1
            else:
                tally.errors += 1

    def change(self, n):
        self.client.set(f"user:{n}", json.dumps({self.shape.field: f"user {n}"}), ex=300)


def stage(*applications):
    """All of them at once, two threads each, as readers who prefer some users. One tally for each."""
    tallies = [Tally() for _ in applications]

    def reading(application, tally, seed):
        dice = random.Random(seed)
        for turn in range(READS // 2):
            n = min(int(dice.paretovariate(0.6)), USERS)
            application.read(n, tally)
            if turn % CHANGES == 0:
                application.change(n)

    threads = [
        threading.Thread(target=reading, args=(application, tally, seed))
        for application, tally in zip(applications, tallies, strict=True)
        for seed in (1, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tallies


def switched(url, kind, new):
    """A switch and a way back: the tallies of the new one's first reads, its later ones, and the old one's again."""
    old, new = kind(url, OLD, Versions(1)), kind(url, NEW, new)
    stage(old)
    [first] = stage(new)
    stage(old, new)
    [later] = stage(new)
    [back] = stage(old)
    return first, later, back


WAYS = {
    "versioned": (Versioned, Versions(2, UP)),
    "versioned and doubled": (Versioned, Versions(2, UP, DOWN)),
    "cold keys": (Versioned, Versions(2)),
    "unversioned": (Unversioned, None),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_switch_and_a_way_back_under_load(way, redis, figure):
    before = counts.read()
    first, later, back = switched(redis.url, *WAYS[way])
    faults = {name: counts.read().get(name, 0) - before.get(name, 0) for name in FAULTS}
    figure(
        f"cache, {way}: hit rate after the switch {first.rate:.1%}, later {later.rate:.1%}, on the way back"
        f" {back.rate:.1%}; wrong shapes {first.errors + later.errors + back.errors} of {3 * READS}"
    )
    assert dict.fromkeys(FAULTS, 0) == faults
    if way == "unversioned":
        assert first.errors + back.errors > 0  # the failure that this prevents is real
    else:
        assert 0 == first.errors + later.errors + back.errors
    if way.startswith("versioned"):
        assert first.rate > 0.95


@pytest.mark.parametrize("client", [plain, plain_valkey])
def test_what_changes_while_the_new_version_serves_is_fresh_on_the_way_back(redis, client):
    """Whichever client the new version has come to use."""
    old, new = Cache(plain(redis.url), Versions(1)), Cache(client(redis.url), Versions(2, UP, DOWN))
    for n in range(USERS):
        old.set(f"user:{n}", {"name": "before"})
    for n in range(0, USERS, 2):
        new.set(f"user:{n}", {"full": "after"})
    with counted("cache.hit") as hits:
        found = [old.get(f"user:{n}")["name"] for n in range(USERS)]
    assert (["after", "before"] * (USERS // 2), USERS) == (found, hits())
