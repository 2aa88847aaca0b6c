import asyncio
import contextvars
import threading

import pytest

import verdigris_kit
from verdigris_kit import Kit, WsgiKit, counts, outcome
from verdigris_kit.outcomes import Outcomes, OutcomesWSGI, outcomes_aiohttp
from verdigris_kit.secret import token

HEADER = b"x-verdigris-outcome"


def unheard():
    return counts.read().get("outcome.unheard", 0)


async def asgi(handle, *headers, wrap=Outcomes, kind="http"):
    """The headers of the response of an application that calls `handle` before it answers."""
    sent = []

    async def app(scope, receive, send):
        await handle()
        start = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b"), *headers]}
        await send(start)
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        sent.append(message)

    await wrap(app)({"type": kind, "path": "/", "headers": []}, None, send)
    return [value for name, value in sent[0]["headers"] if name == HEADER]


def saying(*words):
    async def handle():
        for word in words:
            outcome(word)

    return handle


@pytest.mark.parametrize(
    ("words", "told"), [((), []), (("good",), [b"good"]), (("bad",), [b"bad"]), (("good", "bad"), [b"bad"])]
)
async def test_the_last_word_is_said_on_the_response(words, told):
    assert told == await asgi(saying(*words))


async def test_it_is_said_in_place_of_what_the_application_set_itself_which_stays_otherwise():
    assert [b"good"] == await asgi(saying("good"), (HEADER, b"bad"))
    assert [b"bad"] == await asgi(saying(), (HEADER, b"bad"))


async def test_tasks_and_threads_of_a_request_say_it_too():
    async def in_a_task():
        await asyncio.create_task(saying("good")())

    async def in_a_thread():
        await asyncio.to_thread(outcome, "bad")

    assert [[b"good"], [b"bad"]] == [await asgi(in_a_task), await asgi(in_a_thread)]


async def test_requests_side_by_side_say_each_its_own():
    async def slowly(word):
        await asyncio.to_thread(bool)  # long enough for all the others to begin
        outcome(word)
        await asyncio.to_thread(bool)

    answers = await asyncio.gather(*(asgi(lambda word=word: slowly(word)) for word in ("good", "bad") * 10))
    assert [[b"good"], [b"bad"]] * 10 == answers


async def test_outside_of_a_request_and_after_the_response_began_nobody_hears_it_and_it_is_counted():
    before = unheard()
    outcome("good")

    async def late(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        outcome("bad")

    async def send(message):
        assert [] == list(message["headers"])

    await Outcomes(late)({"type": "http"}, None, send)
    assert before + 2 == unheard()


@pytest.mark.parametrize("word", ["", "Good", "fine", None, True])
def test_another_word_is_refused_with_what_to_say(word):
    with pytest.raises(ValueError, match=r"^the outcome is .*: say good or bad\.$"):
        outcome(word)


@pytest.fixture
def mark(tmp_path, monkeypatch):
    path = tmp_path / "slot.secret"
    path.touch(0o600)
    path.write_text("8f14e45fceea167a5a36dedd4bea2543")
    monkeypatch.setenv("VERDIGRIS_SECRET_FILE", str(path))
    return token("rehearsal")


@pytest.mark.parametrize(("marked", "told"), [(False, [b"good"]), (True, [])])
async def test_a_rehearsal_says_nothing(mark, marked, told):
    sent = []

    async def app(scope, receive, send):
        outcome("good")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        sent.append(message)

    shown = [(b"x-verdigris-rehearsal", mark.encode())] if marked else []
    await Kit(app)({"type": "http", "method": "GET", "path": "/", "headers": shown}, None, send)
    assert told == [value for name, value in sent[0]["headers"] if name == HEADER]


async def test_what_is_no_request_is_handed_on_as_it_is():
    assert [] == await asgi(saying("good"), kind="websocket")


def wsgi(wrap, say, *headers):
    given = []

    def app(environ, start_response):
        say()
        start_response("200 OK", [("A", "b"), *headers])
        return [b"body"]

    def start_response(status, headers, *exc_info):
        given.extend(headers)

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}
    assert [b"body"] == list(wrap(app)(environ, start_response))
    return [value for name, value in given if name.lower() == HEADER.decode()]


@pytest.mark.parametrize("wrap", [OutcomesWSGI, WsgiKit])
def test_it_is_the_same_under_wsgi(wrap):
    assert ["good"] == wsgi(wrap, lambda: outcome("good"), ("x-verdigris-outcome", "bad"))
    assert [] == wsgi(wrap, lambda: None)


def test_a_thread_that_serves_the_next_request_says_nothing_of_the_one_before():
    assert [["bad"], []] == [
        wsgi(OutcomesWSGI, lambda: outcome("bad")),
        wsgi(OutcomesWSGI, lambda: None),
    ]


def test_a_thread_of_ones_own_carries_the_context():
    def say():
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(outcome, "good"))
        thread.start()
        thread.join()

    assert ["good"] == wsgi(OutcomesWSGI, say)


class Response(Exception):
    """As aiohttp has it: given back or raised."""

    def __init__(self, prepared=False):
        self.headers, self.prepared = {}, prepared


@pytest.mark.parametrize("raises", [False, True])
async def test_it_is_the_same_under_aiohttp(raises):
    response = Response()

    async def handler(request):
        outcome("good")
        if raises:
            raise response
        return response

    if raises:
        with pytest.raises(Response):
            await outcomes_aiohttp(None, handler)
    else:
        assert response is await outcomes_aiohttp(None, handler)
    assert {"X-Verdigris-Outcome": "good"} == response.headers


@pytest.mark.parametrize("error", [Response(prepared=True), RuntimeError("no answer")])
async def test_what_has_no_head_any_more_bears_nothing(error):
    async def handler(request):
        outcome("good")
        raise error

    before = unheard()
    with pytest.raises(type(error)):
        await outcomes_aiohttp(None, handler)
    assert before + 1 == unheard()


def test_it_is_one_name_of_the_package():
    assert verdigris_kit.outcome is outcome
