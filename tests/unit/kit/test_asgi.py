import timeit

import pytest

from verdigris_kit import VersionHeaders
from verdigris_kit.contract import Identity

GREEN = Identity(api_version="2.0.0", environment="green")
MARKS = [(b"x-api-version", b"2.0.0"), (b"x-environment", b"green")]


async def sent_by(app, scope_type="http", **scope):
    """Everything that `app` sends for one connection; an exception that it lets through comes last."""
    sent = []

    async def receive():
        return {"type": f"{scope_type}.request"}

    async def send(message):
        sent.append(dict(message))

    try:
        await app({"type": scope_type, "method": "GET", "path": "/", **scope}, receive, send)
    except RuntimeError as error:
        sent.append(error)
    return sent


def answering(*messages):
    async def app(scope, receive, send):
        for message in messages:
            await send(dict(message))

    return app


async def test_every_response_says_who_answered():
    app = answering({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]})
    [start] = await sent_by(VersionHeaders(app, GREEN))
    assert [(b"a", b"b"), *MARKS] == start["headers"]


async def test_a_response_without_headers_gets_them():
    [start] = await sent_by(VersionHeaders(answering({"type": "http.response.start", "status": 204}), GREEN))
    assert MARKS == start["headers"]


async def test_what_the_application_claims_itself_is_replaced():
    claim = [(b"x-environment", b"blue"), (b"x-api-version", b"9")]
    app = answering({"type": "http.response.start", "status": 200, "headers": claim})
    [start] = await sent_by(VersionHeaders(app, GREEN))
    assert MARKS == start["headers"]


@pytest.mark.parametrize("start", ["websocket.accept", "websocket.http.response.start"])
async def test_a_websocket_handshake_says_it_whether_accepted_or_refused(start):
    [message] = await sent_by(VersionHeaders(answering({"type": start}), GREEN), "websocket")
    assert MARKS == message["headers"]


DENIES = {"websocket.http.response": {}}


async def test_a_websocket_that_is_closed_before_it_was_accepted_is_refused_by_name():
    app = answering({"type": "websocket.close", "code": 1000})
    start, body = await sent_by(VersionHeaders(app, GREEN), "websocket", extensions=DENIES)
    assert ("websocket.http.response.start", 403) == (start["type"], start["status"])
    assert MARKS == start["headers"][-2:]
    assert "websocket.http.response.body" == body["type"]


async def test_a_server_that_refuses_websockets_itself_gets_the_close_as_it_was():
    close = {"type": "websocket.close", "code": 1000}
    assert [close] == await sent_by(VersionHeaders(answering(close), GREEN), "websocket")


async def test_a_websocket_that_was_accepted_is_closed_as_ever():
    app = answering({"type": "websocket.accept"}, {"type": "websocket.close", "code": 1001})
    accept, close = await sent_by(VersionHeaders(app, GREEN), "websocket", extensions=DENIES)
    assert (MARKS, 1001) == (accept["headers"], close["code"])


async def test_an_error_before_a_websocket_was_accepted_is_answered_and_goes_on():
    async def app(scope, receive, send):
        raise RuntimeError("boom")

    start, _, error = await sent_by(VersionHeaders(app, GREEN), "websocket", extensions=DENIES)
    assert (500, "boom") == (start["status"], str(error))


async def test_an_application_that_raises_still_says_who_it_was_and_the_error_goes_on():
    async def app(scope, receive, send):
        raise RuntimeError("boom")

    start, body, error = await sent_by(VersionHeaders(app, GREEN))
    assert (500, "boom") == (start["status"], str(error))
    assert MARKS == start["headers"][-2:]
    assert (b"content-length", str(len(body["body"])).encode()) in start["headers"]


async def test_a_response_that_had_begun_is_not_answered_twice():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200})
        raise RuntimeError("boom")

    start, error = await sent_by(VersionHeaders(app, GREEN))
    assert (200, "boom") == (start["status"], str(error))


async def test_an_error_outside_http_is_left_to_the_server():
    async def app(scope, receive, send):
        raise RuntimeError("boom")

    [error] = await sent_by(VersionHeaders(app, GREEN), "lifespan")
    assert "boom" == str(error)


def test_a_request_costs_a_few_microseconds():
    """The bar is 5 µs against the bare application; the bound is wide because the cores are shared."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")] * 5})

    def once(served):
        async def send(message):
            pass

        def run():
            try:
                served({"type": "http"}, None, send).send(None)
            except StopIteration:
                return

        return min(timeit.repeat(run, number=500, repeat=9)) / 500

    assert once(VersionHeaders(app, GREEN)) - once(app) < 25e-6
