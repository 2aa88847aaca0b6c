"""Requests of users, replayed at both slots while one has all traffic: counted apart, and known for what they are."""

import contextlib

import pytest

from tests.street.test_retries import listening
from tests.waiting import eventually
from verdigris.adapters.environments.process.speaking import REHEARSAL, token
from verdigris.core.replays import Replay
from verdigris.core.tallies import total
from verdigris.core.world import Known, PerSlot, Slot
from verdigris.traffic.control import Controlled
from verdigris.traffic.replayer import Replayer
from verdigris.traffic.sender import Front, Sender
from verdigris_kit.secret import trusted

MARK = "x-verdigris-rehearsal"
ASKED = (
    ("GET", "/a?token=s3cret"),
    ("HEAD", "/b"),
    ("POST", "/orders"),
    ("GET", "/status/404"),
    ("DELETE", "/a"),
)


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("5ecret" * 8)
    path.chmod(0o600)
    return path


@pytest.fixture
async def scene(street, secret):
    """All traffic is on green. What is replayed goes to these two; it is not told to yet."""
    street.blue, street.green = await street.both()
    await street.route("api", 100, 1, street.blue, street.green)
    users = await listening(street)
    sample, sender = street.lines.sample("api"), Sender(Front("api"))
    street.replayer = Replayer(street.clock, sample, sender, lambda name: token(secret, REHEARSAL))
    street.signals = Controlled(users, street.replayer.control)
    street.replay = Replay(50, Slot.BLUE, PerSlot((street.blue.member,), (street.green.member,)))
    yield street
    await street.replayer.close()


async def seconds(street):
    """All that is told; none while nothing is known."""
    seen = await street.signals.observe()
    return seen.value if isinstance(seen, Known) else ()


async def controls(street):
    return [second.control for second in await seconds(street) if second.control]


async def compared(street, least):
    async def enough():
        return sum(control.blue.requests for control in await controls(street)) >= least

    street.replayer.follow(street.replay)
    await eventually(enough, f"{least} pairs")


def replayed(instance):
    return [(method, path, headers) for method, path, headers in instance.asked if MARK in headers]


async def test_both_slots_get_what_users_read_as_a_rehearsal_and_no_count_of_users_changes(scene, secret):
    scene.replayer.follow(scene.replay)
    with contextlib.closing(scene.client()) as client:
        for method, path in ASKED * 4:
            await client.send(path, method)
            await client.reader.readuntil(b"\r\n\r\n")
            await client.reader.readexactly(0 if method == "HEAD" else len("green"))
    await scene.ask("/preview", headers=[scene.preview("blue"), f"{MARK}: {token(secret, REHEARSAL)}"])
    await compared(scene, 10)
    scene.replayer.follow(None)

    found = [replayed(instance) for instance in (scene.blue, scene.green)]
    assert [{("GET", "/a"), ("HEAD", "/b")}] * 2 == [{(m, p) for m, p, _ in asked} for asked in found]
    variables = {"VERDIGRIS_SECRET_FILE": str(secret)}
    assert all(trusted("rehearsal", headers[MARK], variables) for asked in found for _, _, headers in asked)
    assert {"verdigris-replay"} == {headers["user-agent"] for asked in found for _, _, headers in asked}

    told = await seconds(scene)
    blue, green = (total(told, slot) for slot in Slot)
    assert (0, len(ASKED) * 4) == (blue.requests - blue.own, green.requests - green.own)
    assert (0, 0, 4) == (blue.failures, green.failures, green.refused)
    pairs = await controls(scene)
    assert all(control.blue.requests == control.green.requests for control in pairs)
    assert 0 == sum(control.blue.failures + control.green.failures for control in pairs)


async def test_a_slot_that_fails_on_what_is_replayed_fails_there_alone(scene):
    """Users come over connections that are kept; that nobody listens any more is met by who opens one."""
    scene.replayer.follow(scene.replay)
    for _ in range(3):
        await scene.ask("/cut/or/not")
    scene.green.server.close()
    await compared(scene, 5)
    pairs = await controls(scene)
    unreached = sum(control.green.unreached for control in pairs)
    assert 0 < unreached == sum(control.green.failures for control in pairs)
    assert 0 == sum(control.blue.failures for control in pairs)
