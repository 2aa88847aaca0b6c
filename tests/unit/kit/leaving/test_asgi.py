import asyncio
import signal

import pytest

from verdigris_kit.leaving import Leaving
from verdigris_kit.leaving.asgi import path_of


async def answered(app, path="/", version="1.1", headers=(), status=200, **scope):
    """What one request gets."""
    sent = []

    async def send(message):
        sent.append(message)

    await app({"type": "http", "path": path, "http_version": version, **scope}, None, send)
    return sent


def answering(status=200, headers=(), body=b"mine"):
    async def app(scope, receive, send):
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": status, "headers": list(headers)})
            await send({"type": "http.response.body", "body": body})

    return app


@pytest.fixture(autouse=True)
def handler():
    before = signal.getsignal(signal.SIGTERM)
    yield before
    signal.signal(signal.SIGTERM, before)


async def test_an_application_answers_its_own_readiness_until_the_process_leaves():
    leaving = Leaving(answering(status=500), ready="/ready")
    assert 500 == (await answered(leaving, "/ready"))[0]["status"]
    leaving.drain()
    assert 503 == (await answered(leaving, "/ready"))[0]["status"]


async def test_an_application_without_such_a_page_is_ready():
    start, body = await answered(Leaving(answering(status=404)), "/ready")
    assert (200, b'{"ready": true}') == (start["status"], body["body"])


async def test_no_path_means_no_page():
    leaving = Leaving(answering(status=404), ready="")
    assert 404 == (await answered(leaving, ""))[0]["status"]


@pytest.mark.parametrize(("version", "closes"), [("1.1", True), ("1.0", True), ("2", False)])
async def test_only_http_1_is_told_that_the_connection_closes(version, closes):
    leaving = Leaving(answering(headers=[(b"connection", b"keep-alive"), (b"a", b"b")]))
    leaving.drain()
    [start, _] = await answered(leaving, version=version)
    assert closes == ((b"connection", b"close") in start["headers"])
    assert closes == ((b"connection", b"keep-alive") not in start["headers"])


async def test_a_request_that_fails_is_not_in_flight_for_ever():
    async def app(scope, receive, send):
        assert {"http": 1, "websocket": 0, "events": 0} == leaving.in_flight()
        raise RuntimeError("boom")

    leaving = Leaving(app)
    with pytest.raises(RuntimeError, match="boom"):
        await answered(leaving)
    assert {"http": 0, "websocket": 0, "events": 0} == leaving.in_flight()


async def test_the_handler_of_the_server_is_given_back_at_the_end_of_its_lifespan(handler):
    async def app(scope, receive, send):
        while (await receive())["type"] != "lifespan.shutdown":
            assert handler != signal.getsignal(signal.SIGTERM)

    messages = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive():
        return {"type": next(messages)}

    await Leaving(app)({"type": "lifespan"}, receive, None)
    assert handler == signal.getsignal(signal.SIGTERM)


async def test_a_server_that_hears_signals_in_its_loop_is_told_of(caplog):
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
    await answered(Leaving(answering()))
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert "cannot" in caplog.text or "ends at once" in caplog.text


async def test_a_socket_that_was_not_accepted_is_left_alone_and_not_counted():
    sent = []

    async def app(scope, receive, send):
        leaving.drain(0)
        await send({"type": "websocket.close"})
        assert 0 == leaving.in_flight()["websocket"]

    async def send(message):
        sent.append(message)

    leaving = Leaving(app)
    await leaving({"type": "websocket", "path": "/"}, None, send)
    assert [{"type": "websocket.close"}] == sent


@pytest.mark.parametrize(
    ("scope", "path"),
    [
        ({"path": "/a"}, "/a"),
        ({"path": "/api/a", "root_path": "/api"}, "/a"),
        ({"path": "/api/a", "root_path": "/api/"}, "/a"),
        ({"path": "/apis/a", "root_path": "/api"}, "/apis/a"),
        ({}, ""),
    ],
)
def test_a_path_is_seen_without_the_prefix_of_a_proxy(scope, path):
    assert path == path_of(scope)


def test_after_the_loop_is_closed_sigterm_is_heard_by_who_was_there_before():
    heard = []
    signal.signal(signal.SIGTERM, lambda *given: heard.append(given))
    asyncio.run(answered(Leaving(answering())))
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
    assert 2 == len(heard)


async def test_headers_may_come_one_after_the_other():
    async def app(scope, receive, send):
        headers = (header for header in [(b"content-type", b"text/plain"), (b"a", b"b")])
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body"})

    [start, _] = await answered(Leaving(app))
    assert [(b"content-type", b"text/plain"), (b"a", b"b")] == list(start["headers"])
