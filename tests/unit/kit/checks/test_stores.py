"""Real servers are in tests/kit/health; here are answers that a real one gives only when it is in trouble."""

import pytest

from verdigris_kit.checks import redis, valkey


class Client:
    """A client whose server answers like this."""

    def __init__(self, pong=True, written=True):
        self.pong, self.written, self.keys = pong, written, []

    def execute_command(self):
        raise AssertionError("that it is there says that this is a client; nobody calls it")

    def ping(self):
        return self.pong

    def set(self, name, value, ex):
        self.keys.append((name, ex))
        return self.written


@pytest.mark.parametrize(
    ("client", "passed", "reason"),
    [
        (Client(), True, ""),
        (Client(pong=False), False, "PING was answered with False"),
        (Client(written=None), False, "SET was answered with None"),
    ],
)
def test_it_passes_when_all_that_was_asked_is_answered(client, passed, reason):
    found = redis(client, writes="health")()
    assert (passed, reason) == (found.passed, found.reason)
    assert [("health", 10)] == client.keys


def test_nothing_is_written_without_a_name_for_it():
    client = Client()
    assert valkey(client)().passed
    assert [] == client.keys
