"""A server that speaks gRPC alone tells the controller what it counted; nobody else sees that it can be asked."""

import json
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from verdigris_kit import grpc as counted
from verdigris_kit.grpc_control import control
from verdigris_kit.secret import token

SECRET = "5ec3e7"


@pytest.fixture
def ask(tmp_path):
    """Ask for the state, with or without a token: the answer, or the status."""
    environ = {"VERDIGRIS_SECRET_FILE": str(tmp_path / "secret")}
    (tmp_path / "secret").touch(0o600)
    (tmp_path / "secret").write_text(SECRET)
    server = grpc.server(ThreadPoolExecutor(2), interceptors=[counted.count()])
    server.add_generic_rpc_handlers([control(environ)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")

    def asked(*metadata):
        try:
            return json.loads(channel.unary_unary("/.verdigris/state")(b"", metadata=metadata, timeout=20))
        except grpc.RpcError as error:
            return error.code()

    yield asked, token("control", environ)
    channel.close()
    server.stop(None).wait()


def test_who_bears_the_token_gets_the_counts_and_nobody_else_gets_anything(ask):
    ask, right = ask
    assert {"calls", "failed"} == set(ask(("authorization", f"Bearer {right}"))["grpc_calls"])
    for metadata in ((), (("authorization", "Bearer no"),), (("authorization", f"Bearer {right}"),) * 2):
        assert grpc.StatusCode.UNIMPLEMENTED is ask(*metadata)
