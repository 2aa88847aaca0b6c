import hashlib
import hmac
import os

import pytest

from verdigris_kit.secret import token, trusted

SECRET = "8f14e45fceea167a5a36dedd4bea2543"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "slot.secret"
    path.touch(0o600)
    path.write_text(SECRET + "\n")
    return path


@pytest.fixture
def environ(file):
    return {"VERDIGRIS_SECRET_FILE": str(file)}


def test_a_token_is_the_hmac_of_its_purpose_under_the_stripped_text(environ):
    expected = hmac.new(SECRET.encode(), b"verdigris rehearsal v1", hashlib.sha256).hexdigest()
    assert expected == token("rehearsal", environ)


def test_each_purpose_has_a_token_of_its_own(environ):
    assert token("rehearsal", environ) != token("control", environ)


@pytest.mark.parametrize("kind", [str, str.encode], ids=["text", "bytes"])
def test_the_right_token_is_trusted_for_its_purpose_only(environ, kind):
    shown = kind(token("rehearsal", environ))
    assert (True, False) == (trusted("rehearsal", shown, environ), trusted("control", shown, environ))


@pytest.mark.parametrize("shown", ["", "0" * 64, "ü", b"\xff", "\udcff"])
def test_anything_else_is_not_trusted(environ, shown):
    assert not trusted("rehearsal", shown, environ)


def test_without_the_variable_there_is_no_token_and_nothing_is_trusted():
    assert (None, False) == (token("control", {}), trusted("control", "", {}))


def test_the_environment_of_the_process_is_read_when_no_other_is_given(environ, monkeypatch):
    monkeypatch.setenv("VERDIGRIS_SECRET_FILE", environ["VERDIGRIS_SECRET_FILE"])
    assert token("control", environ) == token("control")


def test_a_missing_file_is_no_secret_and_said_once(tmp_path, caplog):
    environ = {"VERDIGRIS_SECRET_FILE": str(tmp_path / "gone")}
    assert [None] * 3 == [token("control", environ) for _ in range(3)]
    assert 1 == len(caplog.records)
    assert "gone cannot be used, so nothing is trusted: No such file or directory." in caplog.text


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_file_is_no_secret(file, environ, text, caplog):
    file.write_text(text)
    assert (None, None) == (token("control", environ), token("control", environ))
    assert 1 == caplog.text.count("it is empty")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o620])
def test_a_file_that_others_may_use_is_no_secret_until_it_is_closed_to_them(file, environ, mode, caplog):
    file.chmod(mode)
    assert token("control", environ) is None
    assert f"its mode is {mode:04o}. Run chmod 600 on it" in caplog.text
    file.chmod(0o600)
    assert token("control", environ)
    file.chmod(mode)
    assert token("control", environ) is None
    assert 2 == len(caplog.records)


def test_a_pipe_or_a_large_file_is_no_secret_and_holds_nobody_up(tmp_path, caplog):
    pipe, large = tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe, 0o600)
    large.touch(0o600)
    large.write_bytes(b"a" * 5000)
    assert [None, None] == [token("control", {"VERDIGRIS_SECRET_FILE": str(path)}) for path in (pipe, large)]
    assert "it is not a plain file" in caplog.text
    assert "larger than 4096 bytes" in caplog.text


def test_a_rotated_file_is_read_again(file, environ):
    before = token("control", environ)
    fresh = file.with_suffix(".new")
    fresh.touch(0o600)
    fresh.write_text("0" * 32)
    fresh.replace(file)
    after = token("control", environ)
    assert (True, True) == (after is not None, before != after)
    assert not trusted("control", before, environ)


def test_the_secret_is_in_no_message(file, environ, caplog):
    file.chmod(0o644)
    token("control", environ)
    assert SECRET not in caplog.text


def test_a_directory_is_no_secret_and_leaves_nothing_open(tmp_path, caplog):
    environ = {"VERDIGRIS_SECRET_FILE": str(tmp_path)}
    open_before = len(os.listdir("/proc/self/fd"))
    assert [None] * 20 == [token("control", environ) for _ in range(20)]
    assert open_before == len(os.listdir("/proc/self/fd"))
    assert 1 == caplog.text.count("it is not a plain file")
