"""Whoever is let in at keeper.sock: each line is answered in one harmless sentence, and the next client is served."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import CONTROLS, cut, documents, mutated, part
from tests.unit.keeper.house import House
from tests.waiting import eventually_sync
from verdigris.keeper import client
from verdigris.keeper.observed import Observed
from verdigris.keeper.protocol import (
    LINE_MOST,
    Hand,
    Observe,
    Reload,
    RouterRequest,
    Spec,
    Start,
    StopRequest,
    Tail,
    request_line,
)
from verdigris.keeper.server import CLIENTS_MOST

NOWHERE = "/nowhere/at/all"
SPEC = Spec("v1", "sha256:x", NOWHERE, ("a", "{port}"), {"A": "env:B"}, 3.5, "2")
START = Start("api.blue", "k", 1, 2, SPEC, 2, {"B": "canary"})
REQUESTS = (
    START,
    StopRequest("api.blue", "k", 1, ("api.blue-1",)),
    StopRequest("api.blue", "k", 1),
    RouterRequest((NOWHERE, "-f", "x"), NOWHERE, ("127.86.68.72:9",), 3, within=0.1),
    Reload(4, 0.1),
    Hand({"B": "canary"}, "api"),
    Tail("api.blue-1", 7),
    Observe(),
)
LINES = [json.loads(request_line(request)) for request in REQUESTS]
ABSURD = (b"", b"\r", b"null", b"[]", b'"x"', b"[" * 5000, b"\xff\xfe{\x00}\x00", b"{}" * 9, b"9" * 5000)
SPEECH = st.lists(
    documents(*LINES)
    | mutated(tuple(map(request_line, REQUESTS)))
    | st.sampled_from(ABSURD)
    | st.binary(max_size=99),
    max_size=5,
)
SIZES = st.lists(st.integers(1, 3000), min_size=1, max_size=4)
KINDS = ("conflict", "refused", "invalid", "full", "failed", "timeout")
WORST = f"{CONTROLS}\x1b[2J"
GROWN_MOST = 48 << 20
"""Bytes of memory. The longest line is one MiB, and a client has its own."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("keeper"))
    made.open()
    yield made
    made.close()


@contextlib.contextmanager
def connected(house: House) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as one, client._place(house.state) as place:
        one.settimeout(20)
        one.connect(place)
        yield one


def heard(house: House, data: bytes, sizes: list[int]) -> list[bytes]:
    """What is answered until the keeper hangs up, when all was said and we are silent from then on."""
    with connected(house) as one:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it may have had enough
            for piece in cut(data, sizes):
                one.sendall(piece)
            one.shutdown(socket.SHUT_WR)
        answers = b""
        with contextlib.suppress(ConnectionResetError):
            while found := one.recv(1 << 16):
                answers += found
    assert answers.endswith(b"\n") or not answers
    return answers.splitlines()


def judged(answer: bytes) -> dict[str, object]:
    """The answer, which is one of ours, and in which no secret is told again."""
    assert b"canary" not in answer
    found = json.loads(answer)
    assert isinstance(found, dict)
    if not found["ok"]:
        assert found["kind"] in KINDS
        assert found["error"].isprintable()
        assert 0 < len(found["error"]) < 1000
    return found


def serves(house: House) -> Observed:
    """A good client is answered."""
    return client.observe(house.state, 20)


def faults(house: House, since: int) -> list[str]:
    """Faults of the keeper's own that stand in its log."""
    log = (house.state / "keeper.log").read_bytes()[since:].decode()
    return [line for line in log.splitlines() if "Traceback" in line]


def log_size(house: House) -> int:
    return (house.state / "keeper.log").stat().st_size


def pid(house: House) -> int:
    return serves(house).keeper.pid


def open_files(house: House) -> int:
    return len(os.listdir(f"/proc/{pid(house)}/fd"))


def memory(house: House) -> int:
    return int(Path(f"/proc/{pid(house)}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@given(SPEECH, SIZES)
@part(0.5)
@example([json.dumps(LINES[0] | {"slot": "api.green", "key": WORST}).encode()] * 2, [100])
@example([json.dumps({"verb": "tail", "name": "x" * 5000}).encode()], [100])
@example([json.dumps({"verb": "tail", "name": "\ud800"}).encode()], [100])
@example([json.dumps(LINES[1] | {"only": [WORST]}).encode()], [100])
@example([json.dumps(LINES[5] | {"realm": WORST}).encode()], [100])
def test_each_line_is_answered_and_the_next_client_is_served(
    house: House, lines: list[bytes], sizes: list[int]
):
    began = log_size(house)
    said = b"\n".join(lines)
    answers = heard(house, said, sizes)
    assert said.removesuffix(b"\n").count(b"\n") + bool(said) == len(answers)
    for answer in answers:
        judged(answer)
    assert isinstance(serves(house), Observed)
    assert [] == faults(house, began)


TEXTS = {
    "a command": {"command": ["a", "{port}", "\ud800"]},
    "a directory": {"directory": "/\0"},
    "a directory of half a character": {"directory": "/\ud800"},
    "a version": {"version": "1\0"},
    "an API version": {"api_version": "\ud800"},
    "a variable": {"env": {"A": "\ud800"}},
}


@pytest.mark.parametrize("what", TEXTS)
def test_what_no_process_could_be_given_is_refused_before_it_is_wanted(house: House, what: str):
    request = LINES[0] | {"slot": "texts.blue", "spec": LINES[0]["spec"] | TEXTS[what]}
    [answer] = map(judged, heard(house, json.dumps(request).encode(), [4096]))
    assert (False, "invalid") == (answer["ok"], answer["kind"])
    assert "texts.blue" not in serves(house).slots


@pytest.mark.parametrize("field", ["argv", "cwd", "takeover"])
def test_a_router_that_could_not_be_started_is_refused_before_it_is_wanted(house: House, field: str):
    before = serves(house).router
    bad = "/\ud800" if field == "cwd" else ["/x", "\ud800"]
    [answer] = map(
        judged, heard(house, json.dumps(LINES[3] | {"generation": 99, field: bad}).encode(), [4096])
    )
    assert (False, "invalid") == (answer["ok"], answer["kind"])
    assert (before is None) is (serves(house).router is None)


@pytest.mark.parametrize("value", ["\0", "\ud800", "x" * (1 << 19)])
def test_a_value_that_no_process_could_be_given_breaks_its_instance_and_is_not_repeated(
    house: House, value: str
):
    began = log_size(house)
    spec = house.release(name=f"values-{ord(value[0])}")
    request = Start(
        "values.blue",
        f"k{ord(value[0])}",
        1,
        1,
        Spec(**vars_of(spec) | {"env": {"A": "env:B"}}),
        1,
        {"B": value},
    )
    judged(heard(house, request_line(request), [4096])[0])

    def broken() -> bool:
        found = serves(house).slots.get("values.blue")
        return bool(found and found.instances and found.instances[0].state == "broken")

    eventually_sync(broken, "the instance to be given up")
    assert "A" in serves(house).slots["values.blue"].instances[0].sentence
    judged(heard(house, request_line(StopRequest("values.blue", "s", 1)), [4096])[0])
    eventually_sync(lambda: "values.blue" not in serves(house).slots, "the slot to be empty")
    assert [] == faults(house, began)


def test_a_line_without_an_end_is_given_up_and_costs_no_more_than_a_line(house: House):
    before = memory(house)
    for _ in range(8):
        answers = heard(house, b'{"verb": "' + b"x" * (8 * LINE_MOST), [1 << 16])
        assert ["invalid"] == [judged(answer)["kind"] for answer in answers]
    assert memory(house) - before < GROWN_MOST


def test_watchers_that_went_are_forgotten_before_anything_happens(house: House):
    before = open_files(house)
    for _ in range(CLIENTS_MOST + 8):
        with connected(house) as one, one.makefile("rb") as said:
            one.sendall(b'{"verb": "watch"}\n')
            assert judged(said.readline())["ok"]
            assert b"watching" in said.readline()
    assert isinstance(serves(house), Observed)
    eventually_sync(lambda: open_files(house) <= before, "the connections to be let go")


def test_more_clients_than_there_is_room_for_are_told_so_and_the_others_are_served(house: House):
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(connected(house)) for _ in range(CLIENTS_MOST + 4)]
        refused = [judged(one.makefile("rb").readline()) for one in held[CLIENTS_MOST:]]
        assert ["refused"] * 4 == [answer["kind"] for answer in refused]
        held[0].sendall(request_line(Observe()))
        assert judged(held[0].makefile("rb").readline())["ok"]
    assert isinstance(eventually_sync(lambda: answered(house), "room again"), Observed)


def answered(house: House) -> Observed | None:
    with contextlib.suppress(client.KeeperError):
        return serves(house)
    return None


def vars_of(spec: Spec) -> dict[str, object]:
    return {name: getattr(spec, name) for name in spec.__slots__}
