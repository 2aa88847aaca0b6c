"""Speaking with applications that speak of themselves: the kit's own endpoint, silence, nonsense and strangers."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.listening import sending
from tests.ports import free_port
from tests.waiting import eventually
from verdigris.adapters.environments.probes import Target
from verdigris.adapters.environments.process import speaking
from verdigris.adapters.environments.process.speaking import REHEARSAL, Speaker, read_said, token
from verdigris.core.errors import ActionError
from verdigris.core.world import SILENT, Known, Said, Slot, Unknown

STATE = {"leaving": False, "in_flight": {"http": 2, "websocket": 3, "events": 4}}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("5ec3e7\n")
    path.chmod(0o600)
    return path


def answer(status: str, body: bytes) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def heard(secret: Path, *parts: bytes):
    """What is understood of an application that answers so."""
    async with sending(*parts, until=b"\r\n\r\n") as address:
        speaker, target = Speaker(lambda: 7.0), Target("blue-1", Slot.BLUE, address, "1", (1, 0))
        speaker.follow({target: secret})
        try:
            await eventually(lambda: target in speaker._heard, "an answer")
            return speaker.said(target)
        finally:
            await speaker.close()


# --- what is said ---------------------------------------------------------------------------------------------


def test_the_token_is_the_contracts(secret: Path):
    from verdigris_kit.secret import token as theirs

    variables = {"VERDIGRIS_SECRET_FILE": str(secret)}
    assert theirs("control", variables) == token(secret)
    assert theirs("rehearsal", variables) == token(secret, REHEARSAL)


def test_without_a_secret_there_is_no_token(tmp_path: Path):
    (tmp_path / "empty").touch()
    assert ("", "") == (token(tmp_path / "none"), token(tmp_path / "empty"))


def test_a_state_is_read_as_requests_and_streams():
    assert Said(False, 2, 7) == read_said(json.dumps(STATE).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"leaving": 1, "in_flight": {}}',
        b'{"leaving": true, "in_flight": []}',
        b'{"leaving": true, "in_flight": {"http": -1}}',
        b'{"leaving": true, "in_flight": {"http": true}}',
        b'{"leaving": true, "in_flight": {"http": 1e400}}',
        b'{"leaving": true, "in_flight": {"http": 99999999999}}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
async def test_nonsense_is_not_taken_for_a_word(secret: Path, body: bytes):
    assert isinstance(await heard(secret, answer("200 OK", body)), Unknown)


async def test_what_an_application_says_is_heard_with_the_moment(secret: Path):
    assert Known(Said(False, 2, 7), 7.0) == await heard(secret, answer("200 OK", json.dumps(STATE).encode()))


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "500 Oops", "302 Found"])
async def test_every_other_answer_is_silence(secret: Path, status: str):
    assert SILENT == await heard(secret, answer(status, json.dumps(STATE).encode()))


async def test_nobody_is_asked_without_a_secret(tmp_path: Path):
    seen = await heard(tmp_path / "none", answer("200 OK", json.dumps(STATE).encode()))
    assert isinstance(seen, Unknown) and "no secret" in seen.why


# --- a real application with the kit --------------------------------------------------------------------------

APP = """
import sys, uvicorn
from verdigris_kit.control import Control
from verdigris_kit.leaving import Leaving

async def hello(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})

leaving = Leaving(hello)
uvicorn.run(Control(leaving, leaving), port=int(sys.argv[1]), log_level="error", lifespan="off")
"""


@pytest.fixture
async def application(tmp_path: Path, secret: Path):
    port = free_port()
    (tmp_path / "app.py").write_text(APP)
    environ = {"VERDIGRIS_SECRET_FILE": str(secret), "PYTHONPATH": ":".join(sys.path)}
    command = (sys.executable, str(tmp_path / "app.py"), str(port))
    process = await asyncio.create_subprocess_exec(*command, env=environ)
    yield Target("blue-1", Slot.BLUE, f"127.0.0.1:{port}", "1", (process.pid, 0))
    process.kill()
    await process.wait()


async def test_an_application_with_the_kit_is_heard_sent_away_and_asked_back(
    application: Target, secret: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(speaking, "AGAIN", 0.05)
    speaker = Speaker(lambda: 7.0)
    speaker.follow({application: secret})
    try:
        await eventually(lambda: isinstance(speaker.said(application), Known), "a word of it")
        assert Known(Said(False, 0, 0), 7.0) == speaker.said(application)
        await speaker.ask([application], "drain", seconds=30.0)
        assert Known(Said(True, 0, 0), 7.0) == speaker.said(application)
        await speaker.ask([application], "resume")
        assert Known(Said(False, 0, 0), 7.0) == speaker.said(application)
        with pytest.raises(ActionError, match="blue-1 was asked to drain and answered 400"):
            await speaker.ask([application], "drain", seconds=-1.0)
    finally:
        await speaker.close()


async def test_who_does_not_speak_is_asked_for_nothing(secret: Path):
    speaker = Speaker(lambda: 7.0)
    await speaker.ask([Target("blue-1", Slot.BLUE, "127.0.0.1:1", "1", (1, 0))], "drain", seconds=1.0)
    await speaker.close()
