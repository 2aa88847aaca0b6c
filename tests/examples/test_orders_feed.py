"""The event stream of the orders API: it ends well when the process leaves, and goes on where its client comes back."""

import http.client
import json
import signal
import socket
import threading

import pytest

from demo_streams import Follower, Reader, streamed
from tests.waiting import eventually_sync
from verdigris_kit.secret import token

TEA = {"item": "tea", "quantity": 2}


@pytest.fixture
def read():
    """Follow the orders of a server, from behind the last one that is known."""
    readers = []

    def follow(server, last=None):
        reader = Reader(f"http://127.0.0.1:{server.port}", last)
        readers.append(reader)
        eventually_sync(lambda: reader.began, "the stream to begin")
        return reader

    yield follow
    for reader in readers:
        reader.stop()


def test_orders_come_as_events_from_whichever_version_they_were_placed_at(start, read):
    blue, green = start(), start()
    blue.ask("POST", "/orders", TEA)
    reader = read(blue)
    placed = [server.ask("POST", "/orders", TEA).body for server in (blue, green, blue)]
    eventually_sync(lambda: len(reader.orders) == 3, "the events")
    assert placed == reader.orders


def test_a_stream_ends_behind_a_whole_event_and_goes_on_at_the_other_version(start, read):
    blue, green = start(), start()
    readers = [read(blue) for _ in range(3)]
    done = threading.Event()

    def place():
        while not done.is_set():
            green.ask("POST", "/orders", TEA)

    placing = threading.Thread(target=place)
    placing.start()
    eventually_sync(lambda: all(reader.orders for reader in readers), "the first events")
    blue.process.send_signal(signal.SIGTERM)
    assert blue.process.wait(30) in (0, -signal.SIGTERM)
    eventually_sync(lambda: all(reader.over for reader in readers), "the streams to end")
    again = [read(green, reader.last) for reader in readers]
    eventually_sync(lambda: all(reader.orders for reader in again), "the streams to go on")
    done.set()
    placing.join()
    for before, after in zip(readers, again, strict=True):
        assert before.ended_well
        seen = [order["id"] for order in before.orders + after.orders]
        assert list(range(seen[0], seen[0] + len(seen))) == seen


@pytest.mark.parametrize(
    ("method", "last", "status"), [("POST", "1", 405), ("GET", "x", 400), ("GET", "9" * 40, 400)]
)
def test_a_stream_that_cannot_be_is_refused(start, method, last, status):
    answer = start().ask(method, "/events", None, **{"Last-Event-ID": last})
    assert (status, str) == (answer.status, type(answer.body["error"]))


def test_a_client_that_goes_away_is_noticed(start, secret):
    server = start(**secret)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/events")
    response = connection.getresponse()
    assert "text/event-stream" == response.headers["Content-Type"]
    eventually_sync(lambda: in_flight(server, secret) == 1, "the stream to be counted")
    response.close()
    connection.close()
    eventually_sync(lambda: in_flight(server, secret) == 0, "its end to be noticed")


def in_flight(server, secret):
    shown = {"Authorization": f"Bearer {token('control', secret)}"}
    return server.ask("GET", "/.verdigris/state", None, **shown).body["in_flight"]["events"]


def test_a_stream_that_is_cut_did_not_end_well():
    """Behind a whole event, but the connection is gone before HTTP has said that this was all."""
    begun = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n"
    for rest, well in ((b"", False), (b"5\r\nid", False), (b"0\r\n\r\n", True)):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            reader = Reader(f"http://127.0.0.1:{listener.getsockname()[1]}")
            with listener.accept()[0] as client:
                client.recv(65536)
                client.sendall(begun + rest)
        reader.wait(20)
        assert (True, well) == (reader.over, reader.ended_well)


def test_a_reader_says_where_a_stream_was_cut():
    for text, well in (
        (": nothing new\n\n", True),
        ("id: 7\ndata: {", False),
        ("id: 7\n", False),
        ("", True),
    ):
        assert well == Reader.of(text).ended_well
    assert [{"id": 7}] == Reader.of(f"retry: 1000\n\nid: 7\ndata: {json.dumps({'id': 7})}\n\n").orders


def test_followers_tell_how_their_streams_ended_and_that_they_went_on(start, secret):
    server = start(**secret)
    followers = [Follower(f"http://127.0.0.1:{server.port}") for _ in range(2)]
    eventually_sync(lambda: all(follower.streams[0].began for follower in followers), "the streams to begin")
    server.ask("POST", "/orders", TEA)
    eventually_sync(lambda: all(follower.streams[0].orders for follower in followers), "the order to be seen")
    shown = {"Authorization": f"Bearer {token('control', secret)}"}
    server.ask("POST", "/.verdigris/drain", {"seconds": 0.1}, **shown)
    eventually_sync(lambda: all(follower.ended for follower in followers), "the streams to end")
    server.ask("POST", "/.verdigris/resume", None, **shown)
    came_true, said = streamed(followers)
    number = sum(len(follower.ended) for follower in followers)
    assert f"{number} of {number} event streams ended behind a whole event, all of their" in said
    assert came_true and said.endswith("readers came back, and missed 0 orders")


def test_followers_say_as_it_is_that_a_stream_was_cut_and_that_nobody_came_back(start):
    server = start()
    follower = Follower(f"http://127.0.0.1:{server.port}")
    eventually_sync(lambda: follower.streams[0].began, "the stream to begin")
    server.process.kill()
    eventually_sync(lambda: follower.ended, "the stream to end")
    assert (
        False,
        "0 of 1 event streams ended behind a whole event, NOT all of their readers came back, and missed 0 orders",
    ) == streamed([follower], within=0)


def test_an_order_that_came_twice_or_not_at_all_was_missed():
    follower = Follower.__new__(Follower)
    seen = {"1 2 3": 0, "1 3": 1, "1 2 2 3": 1, "": 0}
    for numbers, missed in seen.items():
        lines = "".join(f'data: {{"id": {number}}}\n\n' for number in numbers.split())
        follower.streams = [Reader.of(lines)]
        assert missed == follower.missed


def test_a_reader_of_a_connection_that_is_to_be_closed_can_be_stopped_too():
    """As of every stream that begins while the process leaves."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reader = Reader(f"http://127.0.0.1:{listener.getsockname()[1]}")
        with listener.accept()[0] as client:
            client.recv(65536)
            client.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
            eventually_sync(lambda: reader.began, "the stream to begin")
            reader.stop()
    assert (True, False) == (reader.over, reader.ended_well)
