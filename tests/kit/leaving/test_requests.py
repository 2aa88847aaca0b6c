"""Nobody who asks a process that has been told to end meets a closed door."""

import signal

import httpx
import pytest

from tests.waiting import eventually, eventually_sync

LONG = 60.0


def terminated(server):
    server.process.send_signal(signal.SIGTERM)
    eventually_sync(lambda: httpx.get(f"{server.url}/ready").status_code == 503, "readiness to say 503")


def ended(server):
    return eventually_sync(lambda: not server.running, "the process to end") and server.log.read_text()


def seen(server):
    return httpx.get(f"{server.url}/seen").json()


def test_a_request_in_flight_at_sigterm_is_answered_to_the_end(serving):
    server = serving(keep_serving=0, spread=0)
    with httpx.stream("GET", f"{server.url}/held") as response:
        parts = response.iter_bytes()
        assert b"begun," == next(parts)
        server.process.send_signal(signal.SIGTERM)
        eventually_sync(lambda: "Shutting down" in server.log.read_text(), "the server to shut down")
        server.process.send_signal(signal.SIGUSR1)
        assert b"done" == b"".join(parts)
    ended(server)


def test_a_new_connection_is_answered_as_long_as_the_process_keeps_serving(serving):
    server = serving(keep_serving=3, spread=0)
    server.process.send_signal(signal.SIGTERM)
    answers = []
    while server.running:
        try:
            answers.append(httpx.get(f"{server.url}/seen"))
        except httpx.TransportError:
            break
    assert {200} == {answer.status_code for answer in answers}
    assert "close" == answers[-1].headers["connection"]
    assert "Finished server process" in ended(server)


def test_readiness_says_503_and_answers_say_goodbye_while_leaving(serving):
    server = serving(keep_serving=LONG, spread=0)
    with httpx.Client(base_url=server.url) as client:
        assert (200, {"ready": True}) == (client.get("/ready").status_code, client.get("/ready").json())
        assert "connection" not in client.get("/seen").headers
        terminated(server)
        answer = client.get("/ready")
        assert (503, {"ready": False}) == (answer.status_code, answer.json())
        assert "close" == answer.headers["connection"]
        assert "close" == client.get("/seen").headers["connection"]


def test_a_second_sigterm_does_not_cut_the_first_one_short(serving):
    server = serving(keep_serving=LONG, spread=0)
    terminated(server)
    server.process.send_signal(signal.SIGTERM)
    assert 200 == httpx.get(f"{server.url}/seen").status_code


def test_a_drained_process_is_not_ready_and_serves_as_before_once_it_is_resumed(serving):
    server = serving(keep_serving=0, spread=0)
    with httpx.Client(base_url=server.url) as client:
        client.get("/drain")
        assert [503, 200] == [client.get("/ready").status_code, client.get("/seen").status_code]
        assert "True" == client.get("/resume").text
        answer = client.get("/seen")
        assert [200, 200] == [client.get("/ready").status_code, answer.status_code]
        assert "connection" not in answer.headers


def test_there_is_no_way_back_from_sigterm(serving):
    server = serving(keep_serving=LONG, spread=0)
    terminated(server)
    assert "False" == httpx.get(f"{server.url}/resume").text


async def test_what_is_in_flight_is_counted_by_kind(serving):
    server = serving(keep_serving=LONG, spread=LONG)
    async with httpx.AsyncClient(base_url=server.url) as client:
        async with client.stream("GET", "/held"), client.stream("GET", "/idle"):
            # The one that asks is in flight as well.
            assert {"http": 2, "websocket": 0, "events": 1} == (await client.get("/seen")).json()["in_flight"]

        async def alone():
            return (await client.get("/seen")).json()["in_flight"] == {"http": 1, "websocket": 0, "events": 0}

        await client.get("/release")
        await eventually(alone, "nothing else to be in flight")


@pytest.mark.parametrize("path", ["/seen", "/ready"])
def test_head_requests_are_served(serving, path):
    assert 200 == httpx.head(serving(0, 0).url + path).status_code
