import asyncio
import contextvars

import pytest

from verdigris_kit import counts, rehearsal
from verdigris_kit.webhooks import AsyncInbox, Claim, Inbox, MemoryStore, Outcome, stores


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(clock):
    return Inbox(MemoryStore(clock), within=60, keep=600)


def test_a_delivery_is_handled_once_however_often_it_comes(inbox):
    handled = []
    outcomes = [inbox.receive("msg_1", lambda: handled.append(1)) for _ in range(3)]
    assert ([Outcome.HANDLED, Outcome.DUPLICATE, Outcome.DUPLICATE], [1]) == (outcomes, handled)


def test_while_one_handles_it_another_is_told_to_come_again(inbox):
    inner = []
    outer = inbox.receive(
        "msg_1", lambda: inner.append(inbox.receive("msg_1", lambda: inner.append("twice")))
    )
    assert (Outcome.HANDLED, [Outcome.BUSY]) == (outer, inner)


def test_a_handler_that_raised_is_tried_again(inbox):
    with pytest.raises(ZeroDivisionError):
        inbox.receive("msg_1", lambda: 1 / 0)
    assert Outcome.HANDLED is inbox.receive("msg_1", lambda: None)


def test_the_claim_of_one_that_was_killed_runs_out(inbox, clock):
    assert Claim.MINE is inbox._store.claim("inbox:msg_1", "killed", 60)
    assert Outcome.BUSY is inbox.receive("msg_1", lambda: None)
    clock.now += 61
    assert Outcome.HANDLED is inbox.receive("msg_1", lambda: None)


def test_one_whose_claim_ran_out_does_not_give_back_what_is_another_s(clock):
    store = MemoryStore(clock)
    store.claim("k", "slow", 60)
    clock.now += 61
    assert Claim.MINE is store.claim("k", "second", 60)
    store.release("k", "slow")
    assert Claim.BUSY is store.claim("k", "third", 60)


def test_what_was_handled_is_forgotten_after_a_while(inbox, clock):
    inbox.receive("msg_1", lambda: None)
    clock.now += 601
    assert Outcome.HANDLED is inbox.receive("msg_1", lambda: None)
    assert 1 == len(inbox._store._noted)


def test_two_senders_may_use_the_same_id():
    store = MemoryStore()
    assert [Outcome.HANDLED] * 2 == [
        Inbox(store, name).receive("1", lambda: None) for name in ("pay", "mail")
    ]


def test_what_passes_is_counted(inbox):
    before = counts.read().get("webhooks.duplicate", 0)
    inbox.receive("msg_1", lambda: None)
    inbox.receive("msg_1", lambda: None)
    assert before + 1 == counts.read()["webhooks.duplicate"]


def test_a_rehearsed_copy_is_handled_and_leaves_the_real_delivery_to_come(inbox):
    """A mirrored delivery reaches the candidate first; the live slot must not take its own for a duplicate."""

    def rehearse():
        rehearsal._rehearsing.set(True)
        return [inbox.receive("msg_1", lambda: None) for _ in range(2)]

    assert [Outcome.HANDLED, Outcome.DUPLICATE] == contextvars.copy_context().run(rehearse)
    assert Outcome.HANDLED is inbox.receive("msg_1", lambda: None)


class Gone(MemoryStore):
    """A store that is lost between the claim and the note."""

    def done(self, *args):
        raise ConnectionError("gone")

    release = done


def test_a_store_that_is_lost_afterwards_makes_no_failure_of_what_was_done(caplog):
    before = counts.read().get("webhooks.unnoted", 0)
    assert Outcome.HANDLED is Inbox(Gone()).receive("msg_1", lambda: None)
    assert before + 1 == counts.read()["webhooks.unnoted"]
    assert "webhook msg_1: its store could not be told: ConnectionError: gone" in caplog.text


def test_a_store_that_is_lost_afterwards_does_not_hide_the_handler_s_error():
    with pytest.raises(ZeroDivisionError):
        Inbox(Gone()).receive("msg_1", lambda: 1 / 0)


@pytest.mark.parametrize("id", ["", "a" * 201])
def test_an_id_that_no_table_could_hold_is_refused(inbox, id):
    with pytest.raises(ValueError, match="a delivery's id has 1 to 200"):
        inbox.receive(id, lambda: None)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "ü", "a" * 41])
def test_a_name_that_is_no_plain_word_is_refused(name):
    with pytest.raises(ValueError, match="name: .* has to be 1 to 40 letters"):
        Inbox(MemoryStore(), name)


@pytest.mark.parametrize(("within", "keep"), [(0, 60), (-1, 60), (61, 60)])
def test_times_that_make_no_sense_are_refused(within, keep):
    with pytest.raises(ValueError, match="within: .* has to be more than nothing and at most keep"):
        Inbox(MemoryStore(), within=within, keep=keep)


async def test_of_many_at_once_one_handles_and_the_others_are_told():
    inbox, handled, open_door = AsyncInbox(MemoryStore()), [], asyncio.Event()

    async def handle():
        handled.append(1)
        await open_door.wait()

    tries = [asyncio.create_task(inbox.receive("msg_1", handle)) for _ in range(10)]
    done, _ = await asyncio.wait(tries, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 9:
        done, _ = await asyncio.wait(tries, timeout=0.01)
    open_door.set()
    outcomes = await asyncio.gather(*tries)
    assert ([1], 1, 9) == (handled, outcomes.count(Outcome.HANDLED), outcomes.count(Outcome.BUSY))


async def test_a_handler_that_is_cancelled_gives_its_delivery_back():
    inbox, begun = AsyncInbox(MemoryStore()), asyncio.Event()

    async def handle():
        begun.set()
        await asyncio.Event().wait()

    async def quick():
        pass

    task = asyncio.create_task(inbox.receive("msg_1", handle))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert Outcome.HANDLED is await inbox.receive("msg_1", quick)


async def test_a_store_that_is_lost_afterwards_makes_no_failure_of_a_coroutine_either():
    async def quick():
        pass

    assert Outcome.HANDLED is await AsyncInbox(Gone()).receive("msg_1", quick)


def test_a_store_in_memory_forgets_what_ran_out_and_what_is_too_much(clock, monkeypatch):
    monkeypatch.setattr(stores, "NOTED_MAX", 5)
    monkeypatch.setattr(stores, "SWEEP_EVERY", 10)
    store = MemoryStore(clock)
    for n in range(10):
        store.done(f"old-{n}", "a", 60)
    assert 5 == len(store._noted)
    assert [Claim.MINE, Claim.DONE] == [store.claim(key, "b", 60) for key in ("old-4", "old-5")]
    clock.now += 61
    for n in range(9):
        store.done(f"new-{n}", "a", 60)
    assert {f"new-{n}" for n in range(9)} >= set(store._noted)
