"""Examples as processes: the orders API in Python and on Express, and the contract in JavaScript without Express."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import verdigris_kit
from tests.examples.serving import Server, serving
from tests.node import installed_in
from tests.ports import free_port
from tests.waiting import eventually_sync

PROBE = Path(__file__).with_name("probe.mjs")
ORDERS = Path(__file__).parents[2] / "examples" / "orders"
KIT = Path(verdigris_kit.__file__).parents[1]

Start = Callable[..., Server]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its packages installed."""
    return installed_in(tmp_path_factory.mktemp("express") / "orders")


@pytest.fixture
def secret(tmp_path: Path) -> dict[str, str]:
    """The variables that name a slot's secret."""
    return secret_in(tmp_path)


@pytest.fixture
def start_node(place: Path, tmp_path: Path) -> Iterator[Start]:
    """Start the API; every one shares one file of orders, and none outlives its test."""
    with starting(place, tmp_path) as start:
        yield start


@pytest.fixture
def probe(start_node: Start, place: Path) -> Start:
    """The contract without Express, in an application that does everything wrong."""
    shutil.copy(PROBE, place)
    return lambda **environ: start_node(program=PROBE.name, **{"CHECKS": "well", **environ})


@pytest.fixture(scope="module")
def calm(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, dict[str, str]]]:
    """One API for tests that leave it as it was, and the variables that name its secret."""
    directory = tmp_path_factory.mktemp("calm")
    secret = secret_in(directory)
    with starting(place, directory) as start:
        yield start(**secret), secret


def secret_in(directory: Path) -> dict[str, str]:
    file = directory / "secret"
    file.write_text(f"{'5e' * 32}\n")
    file.chmod(0o600)
    return {"VERDIGRIS_SECRET_FILE": str(file)}


@contextlib.contextmanager
def starting(place: Path, directory: Path) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def run(
            behaviour: str = "good", wait: bool = True, program: str = "server.js", **environ: str
        ) -> Server:
            port = free_port()
            variables = {
                "PATH": os.environ["PATH"],
                "PORT": str(port),
                "ORDERS_FILE": str(directory / "orders"),
            }
            variables |= {"BEHAVIOUR": json.dumps({"is": behaviour}), **environ}
            log = directory / f"{port}.log"
            server = stack.enter_context(serving(["node", program], place, variables, port, log))
            if wait:
                eventually_sync(server.listens, f"{program} to listen")
            return server

        yield run


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start the API in Python with a behaviour; every one shares one database file, and none outlives its test."""
    with contextlib.ExitStack() as stack:

        def run(behaviour: object = "good", wait: bool = True, **environ: str) -> Server:
            port = free_port()
            command = [sys.executable, "-m", "uvicorn", "--factory", "app:make", "--port", str(port)]
            variables = {
                "ORDERS_DB": str(tmp_path / "orders.db"),
                "BEHAVIOUR": json.dumps(behaviour),
                **environ,
            }
            variables |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(KIT)}
            server = stack.enter_context(serving(command, ORDERS, variables, port, tmp_path / f"{port}.log"))
            if wait:
                eventually_sync(server.listens, f"{behaviour} to listen")
            return server

        yield run
