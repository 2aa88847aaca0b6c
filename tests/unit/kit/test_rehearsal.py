import asyncio
import threading
import timeit
from concurrent.futures import ThreadPoolExecutor

import pytest

from verdigris_kit import counts
from verdigris_kit.rehearsal import Rehearsal, RehearsalWSGI, carry, rehearsing
from verdigris_kit.secret import token

HEADER = b"x-verdigris-rehearsal"


@pytest.fixture
def environ(tmp_path):
    path = tmp_path / "slot.secret"
    path.touch(0o600)
    path.write_text("8f14e45fceea167a5a36dedd4bea2543")
    return {"VERDIGRIS_SECRET_FILE": str(path)}


@pytest.fixture
def mark(environ):
    return token("rehearsal", environ)


def refused():
    return counts.read().get("rehearsal.refused", 0)


async def asgi(environ, *headers, kind="http", within=None):
    """What the application behind the middleware saw: whether it rehearses, and the headers that reached it."""
    seen = []

    async def app(scope, receive, send):
        seen.append((rehearsing(), scope.get("headers")))
        if within:
            seen.append(await within())

    scope = {"type": kind, "headers": list(headers)} if kind != "lifespan" else {"type": kind}
    await Rehearsal(app, environ)(scope, None, None)
    return seen


def wsgi(environ, shown, app):
    given = {"REQUEST_METHOD": "GET"} | ({"HTTP_X_VERDIGRIS_REHEARSAL": shown} if shown is not None else {})
    return RehearsalWSGI(app, environ)(given, None)


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_a_marked_request_is_a_rehearsal_and_the_mark_is_taken_off(environ, mark, kind):
    seen = await asgi(environ, (b"a", b"b"), (HEADER, mark.encode()), kind=kind)
    assert [(True, [(b"a", b"b")])] == seen
    assert not rehearsing()


@pytest.mark.parametrize("value", [b"", b"true", b"0" * 64, b"\xff\xfe"])
async def test_a_wrong_mark_is_no_rehearsal_and_is_counted_and_taken_off(environ, value):
    before = refused()
    assert [(False, [])] == await asgi(environ, (HEADER, value))
    assert before + 1 == refused()


async def test_without_a_secret_nothing_is_trusted(mark):
    before = refused()
    assert [(False, [])] == await asgi({}, (HEADER, mark.encode()))
    assert before + 1 == refused()


async def test_the_token_of_another_purpose_is_no_mark(environ):
    assert [(False, [])] == await asgi(environ, (HEADER, token("control", environ).encode()))


async def test_an_unmarked_request_and_the_lifespan_are_handed_on_as_they_are(environ):
    assert [(False, [(b"a", b"b")])] == await asgi(environ, (b"a", b"b"))
    assert [(False, None)] == await asgi(environ, kind="lifespan")


async def test_it_ends_with_the_request_when_the_application_raises(environ, mark):
    async def boom():
        raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        await asgi(environ, (HEADER, mark.encode()), within=boom)
    assert not rehearsing()


async def test_it_goes_into_tasks_and_threads_of_the_request(environ, mark):
    async def within():
        in_task = await asyncio.create_task(answer())
        return in_task, await asyncio.to_thread(rehearsing)

    async def answer():
        return rehearsing()

    assert (True, True) == (await asgi(environ, (HEADER, mark.encode()), within=within))[1]


async def test_an_executor_of_your_own_needs_to_have_it_carried(environ, mark):
    async def within():
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor() as pool:
            bare = await loop.run_in_executor(pool, rehearsing)
            return bare, await loop.run_in_executor(pool, carry(rehearsing))

    assert (False, True) == (await asgi(environ, (HEADER, mark.encode()), within=within))[1]


async def test_one_carried_function_may_run_in_several_threads_at_once(environ, mark):
    barrier, seen = threading.Barrier(2), []

    def both():
        barrier.wait(10)
        seen.append(rehearsing())

    async def within():
        carried = carry(both)
        await asyncio.gather(*(asyncio.to_thread(carried) for _ in range(2)))

    await asgi(environ, (HEADER, mark.encode()), within=within)
    assert [True, True] == seen


async def test_two_requests_at_once_do_not_see_each_others(environ, mark):
    begun, both = [], asyncio.Event()

    async def wait():
        begun.append(True)
        if len(begun) == 2:
            both.set()
        await both.wait()
        return rehearsing()

    marked = asyncio.create_task(asgi(environ, (HEADER, mark.encode()), within=wait))
    plain = asyncio.create_task(asgi(environ, within=wait))
    assert (True, False) == ((await marked)[1], (await plain)[1])


def test_wsgi_is_a_rehearsal_while_the_body_is_made_and_closed_and_not_a_moment_longer(environ, mark):
    seen = []

    class Body:
        def __iter__(self):
            seen.append(("iter", rehearsing()))
            yield b"a"
            seen.append(("next", rehearsing()))
            yield b"b"

        def close(self):
            seen.append(("close", rehearsing()))

    def app(given, start_response):
        seen.append(("app", rehearsing()))
        assert "HTTP_X_VERDIGRIS_REHEARSAL" not in given
        return Body()

    body = wsgi(environ, mark, app)
    chunks = []
    for chunk in body:
        chunks.append(chunk)
        assert not rehearsing()
    body.close()
    assert [b"a", b"b"] == chunks
    assert [("app", True), ("iter", True), ("next", True), ("close", True)] == seen


def test_wsgi_hands_on_what_is_unmarked_or_wrongly_marked(environ, mark):
    def app(given, start_response):
        return [str((rehearsing(), sorted(given))).encode()]

    plain = [b"(False, ['REQUEST_METHOD'])"]
    before = refused()
    assert [plain, plain] == [wsgi(environ, shown, app) for shown in (None, "wrong")]
    assert before + 1 == refused()
    assert [b"(True, ['REQUEST_METHOD'])"] == list(wsgi(environ, f"wrong, {mark}", app))


def test_an_unmarked_request_costs_a_few_microseconds(environ):
    """The bar is 5 µs against the bare application; the bound is wide because the cores are shared."""

    async def app(scope, receive, send):
        pass

    scope = {"type": "http", "headers": [(b"name-%d" % n, b"value") for n in range(12)]}

    def once(served):
        def run():
            try:
                served(scope, None, None).send(None)
            except StopIteration:
                return

        return min(timeit.repeat(run, number=500, repeat=9)) / 500

    assert once(Rehearsal(app, environ)) - once(app) < 25e-6
