import asyncio
import io

import pytest

from verdigris_kit import control
from verdigris_kit.control import Control, ControlWSGI
from verdigris_kit.leaving import Leaving, LeavingWSGI
from verdigris_kit.secret import token


@pytest.fixture
def environ(tmp_path):
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text("5ec4e7")
    return {"VERDIGRIS_SECRET_FILE": str(path), "API_VERSION": "1", "ENVIRONMENT_NAME": "blue"}


async def reached(environ, receive=None, **scope):
    """What is sent, and what reached the application."""
    sent, seen = [], []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    async def send(message):
        sent.append(message)

    headers = [(b"authorization", f"Bearer {token('control', environ)}".encode())]
    given = {"type": "http", "method": "POST", "headers": headers, **scope}
    await Control(app, Leaving(app), environ=environ)(given, receive, send)
    return sent, seen


async def test_a_body_that_does_not_come_is_not_waited_for(environ, monkeypatch):
    monkeypatch.setattr(control, "BODY_WITHIN", 0.01)
    sent, seen = await reached(environ, asyncio.Event().wait, path="/.verdigris/drain")
    assert (408, []) == (sent[0]["status"], seen)


async def test_a_websocket_is_no_way_in(environ):
    sent, seen = await reached(environ, type="websocket", path="/.verdigris/state")
    assert (["websocket.close"], []) == ([message["type"] for message in sent], seen)


@pytest.mark.parametrize("path", ["/.verdigris", "/", "/a/.verdigris/state"])
async def test_what_is_not_below_the_prefix_is_the_applications(environ, path):
    assert ([], ["http"]) == await reached(environ, path=path)


async def test_lifespans_pass_through(environ):
    assert ([], ["lifespan"]) == await reached(environ, type="lifespan")


@pytest.mark.parametrize("page", ["state", "drain", "nothing"])
def test_whoever_asks_wsgi_with_head_gets_no_body(environ, page):
    site, said = ControlWSGI(lambda *given: [b"mine"], LeavingWSGI(lambda *given: []), environ=environ), []
    asked = {
        "PATH_INFO": f"/.verdigris/{page}",
        "REQUEST_METHOD": "HEAD",
        "HTTP_AUTHORIZATION": f"Bearer {token('control', environ)}",
        "wsgi.input": io.BytesIO(),
    }
    assert [] == list(site(asked, lambda *given: said.append(given)))
    assert said[0][0][:3] == ("404" if page == "nothing" else "405")
