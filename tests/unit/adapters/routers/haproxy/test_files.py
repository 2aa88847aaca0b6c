"""The router's directory: private, whole, and judged by HAProxy itself."""

from __future__ import annotations

import os

import pytest

from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.routers.haproxy.files import CONFIG, SECRET, Files
from verdigris.adapters.routers.haproxy.words import PREVIEW, SHARE
from verdigris.core.errors import ActionError, ConfigError


@pytest.fixture
def files(tmp_path) -> Files:
    (tmp_path / "router").mkdir()
    return Files(tmp_path / "router", bundled())


def test_the_secret_is_made_once_and_only_we_can_read_it(files):
    secret = files.secret()
    assert (48, secret) == (len(secret), Files(files.directory, files.binary).secret())
    assert {0o600} == {path.stat().st_mode & 0o777 for path in files.directory.iterdir()}


@pytest.mark.parametrize("broken", ["", "short", "x" * 40 + " y", "ä" * 40])
def test_a_secret_that_is_none_is_made_anew(files, broken):
    (files.directory / SECRET).write_text(broken)
    assert 48 == len(files.secret())


def test_the_secret_opens_each_slot_and_the_front(files):
    secret = files.secret()
    files.write_previews(secret, ["api"])
    opened = dict(line.split(" ") for line in files.read(PREVIEW).splitlines())
    people = {f"{secret}{sign}{slot}": slot for slot in ("blue", "green") for sign in ";."}
    probes = {f"{secret};api/{name}": f"{name}/api" for name in ("blue", "green", "front")}
    assert people | probes == opened
    assert f"X-Verdigris-Preview: {secret};green\n" == files.read("preview-green.header")


def test_a_map_reads_back_and_what_is_no_pair_is_passed_over(files):
    entries = {"api": "green=0/fallback=none/", "api/blue/version": "1.0"}
    files.write_entries(entries)
    assert entries == files.entries()
    files.write(SHARE, "one\na b c\n\napi row\n")
    assert {"api": "row"} == files.entries()


def test_a_file_that_says_it_already_is_left_alone(files):
    files.write_latch({"a": "b"})
    inode = (files.directory / "latch.map").stat().st_ino
    files.write_latch({"a": "b"})
    assert inode == (files.directory / "latch.map").stat().st_ino


def test_an_empty_file_is_made_where_there_is_none(files):
    files.make(SHARE)
    files.write(SHARE, "a b\n")
    files.make(SHARE)
    assert {"a": "b"} == files.entries()


def test_what_is_no_text_or_not_there_reads_as_nothing(files):
    (files.directory / SHARE).write_bytes(b"\xff")
    assert ("", "") == (files.read(SHARE), files.read("no-such"))


def test_what_cannot_be_written_is_said_and_what_was_there_stays(files):
    files.write(SHARE, "a b\n")
    (files.directory / f"{SHARE}.{os.getpid()}.new").mkdir()
    with pytest.raises(ActionError, match=r"share\.map\..*new: cannot be written"):
        files.write(SHARE, "c d\n")
    assert {"a": "b"} == files.entries()


async def test_haproxy_judges_a_configuration_before_it_is_put_in_place(files):
    with pytest.raises(ConfigError, match="HAProxy refuses the configuration made for it: .*no-such-word"):
        await files.check("global\n    no-such-word\n", 1)
    await files.check(
        "defaults\n    mode http\nfrontend api\n    bind fd@${VERDIGRIS_FD_0}\n    timeout client 1s\n",
        1,
    )
    assert not (files.directory / CONFIG).exists()
