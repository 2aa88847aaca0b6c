"""The kit as a whole: its parts speak of one process."""

import json

from verdigris_kit import Kit
from verdigris_kit.contract import Identity
from verdigris_kit.secret import token


async def nothing(scope, receive, send):
    raise AssertionError("this was the application's")


async def test_the_state_is_that_of_the_identity_that_was_given(tmp_path, monkeypatch):
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("5ec4e7")
    monkeypatch.setenv("VERDIGRIS_SECRET_FILE", str(secret))
    kit, sent = Kit(nothing, identity=Identity("2.0.0", "green", "2.0.0", "green")), []

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    headers = [(b"authorization", f"Bearer {token('control')}".encode())]
    await kit(
        {"type": "http", "method": "GET", "path": "/.verdigris/state", "headers": headers}, receive, send
    )
    assert (200, b"2.0.0") == (sent[0]["status"], dict(sent[0]["headers"])[b"x-api-version"])
    state = json.loads(sent[1]["body"])
    assert ("2.0.0", "green") == (state["release"], state["slot"])
