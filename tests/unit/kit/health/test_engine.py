import asyncio
import logging
import threading

from tests.waiting import eventually, eventually_sync
from verdigris_kit.health.engine import Engine


def counted(answer=True):
    """A check and how often it was asked."""
    calls = []

    def check():
        calls.append(threading.get_ident())
        return answer

    return check, calls


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "verdigris-health"]


def passed(reading):
    return {name: outcome.passed for name, outcome in reading.outcomes.items()}


async def test_a_result_serves_everybody_while_it_is_fresh():
    check, calls = counted()
    engine = Engine({"a": check}, within=10, fresh_for=60)
    readings = [await engine.read() for _ in range(50)]
    assert (1, 1) == (len(calls), len({reading.taken for reading in readings}))
    assert 0 <= readings[-1].age < 60
    assert readings[0] is await asyncio.to_thread(engine.read_blocking)


async def test_a_result_that_is_no_longer_fresh_is_found_anew():
    check, calls = counted()
    engine = Engine({"a": check}, within=10, fresh_for=0)
    for _ in range(3):
        await engine.read()
    assert 3 == len(calls)


def test_threads_who_ask_at_once_share_one_look():
    door, calls, readings = threading.Event(), [], []

    def check():
        calls.append(1)
        return door.wait(30)

    engine = Engine({"a": check}, within=10, fresh_for=60)
    asking = [threading.Thread(target=lambda: readings.append(engine.read_blocking())) for _ in range(20)]
    for thread in asking:
        thread.start()
    eventually_sync(lambda: calls, "the check to begin")
    door.set()
    for thread in asking:
        thread.join(30)
    assert [{"a": True}] * 20 == [passed(reading) for reading in readings]
    assert 1 == len(calls)


async def test_what_nobody_waited_for_is_as_old_as_it_is():
    """Whoever asked was called off; who comes later must not be told that the result is new."""
    check, calls = counted()
    engine = Engine({"a": check}, within=10, fresh_for=0)
    first = asyncio.ensure_future(engine.read())
    await asyncio.wait([asyncio.ensure_future(eventually(lambda: calls, "the check to begin"))])
    first.cancel()
    await asyncio.wait([first])
    await engine.read()
    assert 2 == len(calls)


async def test_a_coroutine_is_cancelled_at_the_deadline_and_asked_anew():
    calls, cancelled = [], []

    async def check():
        calls.append(1)
        if len(calls) == 1:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.append(1)
        return True

    engine = Engine({"a": check}, within=0.5, fresh_for=0)
    assert {"a": False} == passed(await engine.read())
    await eventually(lambda: passes(engine), "the check to pass")
    assert (2, [1]) == (len(calls), cancelled)


async def passes(engine):
    return passed(await engine.read())["a"]


async def test_a_hundred_looks_at_what_hangs_take_one_thread_each_and_no_more():
    door = threading.Event()
    engine = Engine({"a": lambda: door.wait(60), "b": lambda: door.wait(60)}, within=0.02, fresh_for=0)
    await eventually(lambda: not threads(), "threads of other tests to end")
    seen = [passed(await engine.read()) for _ in range(100)]
    assert [{"a": False, "b": False}] * 100 == seen
    assert 2 == len(threads())
    door.set()
    await eventually(lambda: not threads(), "the threads to end")


async def test_a_change_is_logged_once_and_not_with_every_look(caplog):
    caplog.set_level(logging.INFO, logger="verdigris_kit.health")
    answers = iter([False, False, True, True, False])
    engine = Engine({"a": lambda: next(answers)}, within=10, fresh_for=0)
    for _ in range(5):
        await engine.read()
    assert [
        "health check a failed: it answered False",
        "health check a passes again",
        "health check a failed: it answered False",
    ] == caplog.messages


def test_one_engine_serves_a_loop_that_came_after_another_was_closed():
    started = []

    async def check():
        started.append(1)
        if len(started) == 1:
            await asyncio.Event().wait()
        return True

    engine = Engine({"a": check}, within=1.0, fresh_for=0)
    assert {"a": False} == passed(asyncio.run(engine.read()))
    assert {"a": True} == passed(asyncio.run(engine.read()))
    assert {"a": True} == passed(engine.read_blocking())


def test_whoever_goes_away_with_his_loop_leaves_no_finding_for_the_others(caplog):
    """The end of a loop cancels what runs in it: that says nothing about the database."""
    begun = threading.Event()

    async def check():
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        return True

    async def in_a_hurry():
        asked = asyncio.ensure_future(engine.read())
        await asyncio.wait([asyncio.ensure_future(eventually(begun.is_set, "the check to begin"))])
        asked.cancel()

    engine = Engine({"a": check, "b": lambda: True}, within=10, fresh_for=60)
    asyncio.run(in_a_hurry())
    assert {"a": True, "b": True} == passed(asyncio.run(engine.read()))
    assert [] == caplog.messages


def test_whoever_waited_for_a_look_that_was_called_off_looks_himself():
    begun, reading = threading.Event(), []

    async def check():
        if not begun.is_set():
            begun.set()
            await asyncio.Event().wait()
        return True

    async def until_somebody_waits():
        asked = asyncio.ensure_future(engine.read())
        await eventually(lambda: engine._look and len(engine._look._wake) == 2, "somebody else to wait")
        asked.cancel()

    async def patient():
        await eventually(begun.is_set, "the check to begin")
        reading.append(await engine.read())

    engine = Engine({"a": check}, within=10, fresh_for=60)
    other = threading.Thread(target=asyncio.run, args=(patient(),))
    other.start()
    asyncio.run(until_somebody_waits())
    other.join()
    assert [{"a": True}] == [passed(one) for one in reading]


async def test_a_check_that_cancels_itself_is_false_like_any_that_fails():
    calls = []

    async def check():
        calls.append(1)
        raise asyncio.CancelledError

    engine = Engine({"a": check}, within=10, fresh_for=60)
    assert [{"a": False}] * 2 == [passed(await engine.read()) for _ in range(2)]
    assert ("it was cancelled", 1) == ((await engine.read()).outcomes["a"].reason, len(calls))


async def test_a_coroutine_that_would_end_the_process_is_false_with_its_reason():
    async def check():
        raise SystemExit("no route")

    engine = Engine({"a": check}, within=10, fresh_for=60)
    assert "SystemExit: no route" == (await engine.read()).outcomes["a"].reason
