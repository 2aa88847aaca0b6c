"""A server that speaks gRPC and nothing else is deployed like any other: proven by its health service, 0 failed."""

import queue
import shutil
import sys
import threading
from pathlib import Path

import grpc

APP = Path(__file__).with_name("grpc_app.py")


class Caller:
    """One channel through the front door, and what its calls were answered while it was busy."""

    def __init__(self, port):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._where = self.channel.unary_unary("/App/Where")
        self.talk = self.channel.stream_stream("/App/Talk")
        self.answers, self.failed = [], []
        self._over = threading.Event()
        self._busy = threading.Thread(target=self._go_on)

    def where(self):
        return self._where(b"", timeout=20).decode()

    def _go_on(self):
        while not self._over.is_set():
            try:
                self.answers.append(self.where())
            except grpc.RpcError as error:
                self.failed.append(error)

    def __enter__(self):
        self._busy.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._busy.join()
        self.channel.close()


def test_a_grpc_server_is_deployed_without_a_failed_call(projects):
    project = projects()
    project.config |= {"health": {"grpc": True, "timeout": "500ms", "interval": "500ms", "healthy": 2}}
    project.configure(run={"command": [sys.executable, "grpc_app.py", "{port}"]}, route={"http2": True})
    shutil.copy(APP, project.place)
    first = project.ship()
    with Caller(project.port) as caller:
        words = queue.SimpleQueue()
        talk = caller.talk(iter(words.get, None), timeout=100)
        words.put(b"one")
        assert f"{first} heard one" == next(talk).decode()
        second = project.ship()
        assert second == caller.where()
        words.put(b"two")
        assert f"{first} heard two" == next(talk).decode()
        words.put(None)
        assert grpc.StatusCode.OK is talk.code()
    assert [] == caller.failed
    assert {first, second} == set(caller.answers)
    words_of_instances = [log.read_text() for log in (project.state / "logs").glob("orders.*.log")]
    assert ["", "", "", ""] == words_of_instances
