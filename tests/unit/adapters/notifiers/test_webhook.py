import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.listening import shut
from tests.waiting import eventually
from verdigris.adapters.notifiers.webhook import WAITING_MOST, Webhook
from verdigris.core.errors import ConfigError
from verdigris.ports import Alert

ALERT = Alert("api", "d-7", "alert", "2.0 is rolled back: green fails 5.0% of its requests", 1_700_000_000.0)
SECRET = "/hooks/T0000-s3cr3t"


@dataclass
class Receiver:
    """A plain HTTP server that answers what it is told to and remembers what it got. An answer of b"" never comes."""

    answers: list[bytes] = field(default_factory=list)
    got: list[tuple[str, dict]] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = int(head.lower().partition("content-length:")[2].split()[0])
        self.got.append((head, json.loads(await reader.readexactly(length))))
        answer = self.answers.pop(0) if self.answers else b"200 OK"
        if answer:
            writer.write(b"HTTP/1.1 " + answer + b"\r\ncontent-length: 0\r\n\r\n")
        else:
            await reader.read()  # until the other side gives up
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    await shut(server)
    await server.wait_closed()


@asynccontextmanager
async def hook(url: str, failures: list[str], pauses: tuple[float, ...] = (), within: float = 20.0):
    made = Webhook("env:HOOK", failures.append, pauses=pauses, within=within, environment={"HOOK": url})
    await made.start()
    yield made
    await made.stop(within=20.0)  # what was notified of is sent first


@pytest.fixture
def failures() -> list[str]:
    return []


async def test_an_alert_arrives_as_json_that_chat_programs_show(receiver: Receiver, failures: list[str]):
    async with hook(f"http://127.0.0.1:{receiver.port}{SECRET}", failures) as webhook:
        await webhook.notify(ALERT)
        await eventually(lambda: receiver.got, "the alert")
    head, body = receiver.got[0]
    assert head.startswith(f"POST {SECRET} HTTP/1.1\r\n")
    assert "Content-Type: application/json" in head
    assert "User-Agent: verdigris/" in head
    assert body.pop("id")
    assert body == {
        "text": "api d-7: 2.0 is rolled back: green fails 5.0% of its requests",
        "app": "api",
        "deployment": "d-7",
        "kind": "alert",
        "sentence": ALERT.sentence,
        "at": "2023-11-14T22:13:20+00:00",
    }
    assert [] == failures


async def test_a_failing_receiver_is_tried_again_with_the_same_id(receiver: Receiver, failures: list[str]):
    receiver.answers = [b"500 Oops", b"503 Busy", b"429 Slow", b"204 Fine"]
    async with hook(f"http://127.0.0.1:{receiver.port}/", failures, pauses=(0.0,) * 3) as webhook:
        await webhook.notify(ALERT)
    assert 4 == len(receiver.got)
    assert 1 == len({body["id"] for _, body in receiver.got})
    assert [] == failures


async def test_tries_are_bounded_and_the_failure_is_told_once(receiver: Receiver, failures: list[str]):
    receiver.answers = [b"500 Oops"] * 9
    async with hook(f"http://127.0.0.1:{receiver.port}{SECRET}", failures, pauses=(0.0, 0.0)) as webhook:
        await webhook.notify(ALERT)
    assert 3 == len(receiver.got)
    assert [f"webhook: 127.0.0.1 answered 500. The alert was: {ALERT.sentence}"] == failures


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"302 Found\r\nlocation: http://127.0.0.1/", "redirects are not followed"),
        (b"404 No", "answered 404"),
    ],
)
async def test_what_trying_again_cannot_mend_is_not_tried_again(
    receiver: Receiver, failures: list[str], answer: bytes, said: str
):
    receiver.answers = [answer]
    async with hook(f"http://127.0.0.1:{receiver.port}{SECRET}", failures, pauses=(0.0, 0.0)) as webhook:
        await webhook.notify(ALERT)
    assert 1 == len(receiver.got)
    assert said in failures[0]


async def test_a_receiver_that_hangs_holds_nobody_up(receiver: Receiver, failures: list[str]):
    receiver.answers = [b""]
    async with hook(f"http://127.0.0.1:{receiver.port}/", failures, within=0.2) as webhook:
        await asyncio.wait_for(webhook.notify(ALERT), 0.1)
        await eventually(lambda: failures, "the failure")
    assert "did not answer within 0.2 s" in failures[0]


async def test_alerts_arrive_in_their_order(receiver: Receiver, failures: list[str]):
    async with hook(f"http://127.0.0.1:{receiver.port}/", failures) as webhook:
        for n in range(5):
            await webhook.notify(Alert("api", f"d-{n}", "alert", "x", 1.0))
    assert ["d-0", "d-1", "d-2", "d-3", "d-4"] == [body["deployment"] for _, body in receiver.got]


async def test_the_queue_is_bounded_and_what_does_not_fit_is_told(failures: list[str]):
    webhook = Webhook("env:HOOK", failures.append)
    for _ in range(WAITING_MOST + 1):
        await webhook.notify(ALERT)
    assert [
        f"webhook: {WAITING_MOST} alerts wait already, this one is not sent: {ALERT.sentence}"
    ] == failures
    await webhook.stop()


async def test_stopping_does_not_wait_for_a_receiver_that_hangs(receiver: Receiver, failures: list[str]):
    receiver.answers = [b""]
    webhook = Webhook("env:HOOK", failures.append, environment={"HOOK": f"http://127.0.0.1:{receiver.port}/"})
    await webhook.start()
    await webhook.notify(ALERT)
    await eventually(lambda: receiver.got, "the request")
    await asyncio.wait_for(webhook.stop(within=0.05), 4.0)


# --- the address ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://hooks.example.com/s3cr3t", "", "hooks", "ENV:HOOK"])
def test_an_address_in_the_configuration_itself_is_refused(url: str):
    with pytest.raises(ConfigError, match="env:NAME, file:/path or credential:NAME") as refused:
        Webhook(url, print)
    assert "s3cr3t" not in str(refused.value)


async def test_a_changed_address_needs_no_restart(receiver: Receiver, failures: list[str], tmp_path: Path):
    file = tmp_path / "hook"
    webhook = Webhook(f"file:{file}", failures.append, pauses=())
    await webhook.start()
    await webhook.notify(ALERT)
    await eventually(lambda: failures, "the failure")
    file.write_text(f"http://127.0.0.1:{receiver.port}/\n")
    await webhook.notify(ALERT)
    await eventually(lambda: receiver.got, "the alert")
    await webhook.stop()
    assert 1 == len(failures)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://169.254.169.254/s3cr3t", "link-local or metadata"),
        ("http://[::ffff:169.254.169.254]/s3cr3t", "link-local or metadata"),
        ("http://[fe80::1]/s3cr3t", "link-local or metadata"),
        ("http://0xa9fea9fe/s3cr3t", "link-local or metadata"),
        ("http://0.0.0.0/s3cr3t", "not the address of one host"),
        ("http://2852039166/s3cr3t", "cannot be reached"),
        ("http://user:s3cr3t@127.0.0.1:1/s3cr3t?s3cr3t", "webhook: 127.0.0.1 cannot be reached"),
        ("http://[::1/s3cr3t", "env:HOOK holds no http or https address"),
        ("ftp://127.0.0.1/s3cr3t", "env:HOOK holds no http or https address"),
        ("http://127.0.0.1:99999/s3cr3t", ""),
        ("", "env:HOOK holds no http or https address"),
    ],
)
async def test_what_cannot_be_sent_is_told_without_the_address(failures: list[str], url: str, said: str):
    async with hook(url, failures) as webhook:
        await webhook.notify(ALERT)
    assert 1 == len(failures)
    assert said in failures[0]
    assert "s3cr3t" not in failures[0]


async def test_a_proxy_of_the_environment_is_not_used(receiver: Receiver, failures: list[str], monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    async with hook(f"http://localhost:{receiver.port}/", failures) as webhook:
        await webhook.notify(ALERT)
    assert [] == failures
    assert receiver.got[0][0].startswith("POST / ")
