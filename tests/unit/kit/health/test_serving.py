import pytest

from verdigris_kit import counts
from verdigris_kit.health import Asked
from verdigris_kit.health.serving import bears_control_token, refusal, reply_to
from verdigris_kit.secret import SECRET_FILE_VARIABLE, token

HEALTHY = {"status": "healthy", "checks": {}, "environment": "", "release": "", "slot": "", "version": 1}


@pytest.fixture
def secret(tmp_path, monkeypatch):
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text("5ec4e7\n")
    monkeypatch.setenv(SECRET_FILE_VARIABLE, str(path))


def bearing(shown):
    return bears_control_token(Asked("GET", {"authorization": shown} if shown else {}))


def test_the_control_token_opens_the_details(secret):
    assert bearing(f"Bearer {token('control')}")


@pytest.mark.parametrize("shown", ["", "Bearer ", "Bearer x", "Basic {}", "{}", "Bearer ünï"])
def test_nothing_else_opens_them(secret, shown):
    assert not bearing(shown.format(token("control")))


def test_the_token_of_another_purpose_does_not_and_is_counted(secret):
    before = counts.read().get("health.details", 0)
    assert not bearing(f"Bearer {token('rehearsal')}")
    assert before + 1 == counts.read()["health.details"]


def test_without_a_secret_nobody_sees_them(monkeypatch):
    monkeypatch.delenv(SECRET_FILE_VARIABLE, raising=False)
    assert not bearing("Bearer None")


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_what_does_not_read_is_refused_with_what_would(method):
    refused = refusal(Asked(method, {}))
    assert (405, "GET, HEAD") == (refused.status, dict(refused.headers)["allow"])


def test_head_has_the_length_and_not_the_body():
    got, head = reply_to(Asked("GET", {}), HEALTHY), reply_to(Asked("HEAD", {}), HEALTHY)
    assert (got.headers, b"") == (head.headers, head.body)
