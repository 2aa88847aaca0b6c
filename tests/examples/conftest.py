"""Examples on Node as processes: the orders API on Express, and the contract in JavaScript without Express."""

import contextlib
import json
import os
import shutil
from pathlib import Path

import pytest

from tests.examples.serving import free_port, serving
from tests.node import installed_in
from tests.waiting import eventually_sync

PROBE = Path(__file__).with_name("probe.mjs")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return installed_in(tmp_path_factory.mktemp("express") / "orders")


@pytest.fixture
def secret(tmp_path):
    """The variables that name a slot's secret."""
    file = tmp_path / "secret"
    file.write_text(f"{'5e' * 32}\n")
    file.chmod(0o600)
    return {"VERDIGRIS_SECRET_FILE": str(file)}


@pytest.fixture
def start_node(place, tmp_path):
    """Start the API; every one shares one file of orders, and none outlives its test."""
    with contextlib.ExitStack() as stack:

        def run(behaviour="good", wait=True, program="server.js", **environ):
            port = free_port()
            variables = {
                "PATH": os.environ["PATH"],
                "PORT": str(port),
                "ORDERS_FILE": str(tmp_path / "orders"),
            }
            variables |= {"BEHAVIOUR": json.dumps({"is": behaviour}), "CHECKS": "well", **environ}
            server = stack.enter_context(
                serving(["node", program], place, variables, port, tmp_path / f"{port}.log")
            )
            if wait:
                eventually_sync(server.listens, f"{program} to listen")
            return server

        yield run


@pytest.fixture
def probe(start_node, place):
    """The contract without Express, in an application that does everything wrong."""
    shutil.copy(PROBE, place)
    return lambda **environ: start_node(program=PROBE.name, **{"CHECKS": "well", **environ})
