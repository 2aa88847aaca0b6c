"""The servers of the tests are what the other tests take them for."""

import socket
import threading

import psycopg
import pytest
import redis as redis_client


def ping(server):
    with redis_client.Redis.from_url(server.url, socket_timeout=2, retry=None) as client:
        return client.ping()


def select(server):
    with psycopg.connect(server.url, connect_timeout=4) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(("name", "ask"), [("redis", ping), ("postgres", select)])
def test_a_server_answers_is_stopped_and_comes_back_on_its_port(request, name, ask):
    server = request.getfixturevalue(name)
    assert ask(server)
    server.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)
    server.start()
    assert ask(server)


@pytest.mark.parametrize(
    ("name", "ask", "silence"),
    [("redis", ping, redis_client.TimeoutError), ("postgres", select, psycopg.errors.ConnectionTimeout)],
)
def test_a_frozen_server_takes_connections_and_says_nothing_until_it_is_thawed(request, name, ask, silence):
    server = request.getfixturevalue(name)
    server.freeze()
    with pytest.raises(silence):
        ask(server)
    server.thaw()
    assert ask(server)


def test_a_session_of_a_frozen_postgres_stands_still_as_well(postgres):
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        postgres.freeze()
        asking = threading.Thread(target=connection.execute, args=("SELECT 1",), daemon=True)
        asking.start()
        asking.join(0.3)
        assert asking.is_alive()
        postgres.thaw()
        asking.join(10)
        assert not asking.is_alive()
