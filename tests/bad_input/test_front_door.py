"""The front door's address: taken by a stranger, or moved while requests come in."""

from __future__ import annotations

import socket
from contextlib import closing

from tests.bad_input.project import Project
from tests.ports import free_port

TAKEN = "cannot be listened on: Address already in use; free it or change `listen`"


def test_an_address_that_is_taken_is_told_and_the_next_try_works(project: Project):
    with closing(stranger(project.port)):
        project.deploy("1.0.0").says(1, f"127.0.0.1:{project.port} {TAKEN}")
        project.run("plan").says(1, f"127.0.0.1:{project.port} cannot be had", "Change route.listen")
    project.deploy("1.0.0").says(0, "api 1.0.0 serves")


def test_moving_the_door_to_a_taken_address_leaves_it_where_it_is(live: Project):
    with closing(stranger()) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        live.configure(route={"listen": address})
        live.deploy("moved").says(1, f"{address} {TAKEN}", "blue serves 1.0.0")
    live.configure()
    live.run("status").says(0, "1.0.0", "100 %")
    live.deploy("staying", "crashes").says(11, "no traffic moved")


def test_a_door_that_moves_is_moved_whole(project: Project):
    project.deploy("1.0.0").says(0)
    project.port = free_port()
    project.configure()
    project.deploy("2.0.0").says(0, "api 2.0.0 serves")
    project.run("doctor").says(0, f"the router listens on 127.0.0.1:{project.port}")


def stranger(port: int = 0) -> socket.socket:
    """Somebody else who listens there."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", port))
    taken.listen()
    return taken
