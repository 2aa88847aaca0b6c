"""The page of maintenance: the owner's as it is now, or the earlier one when that cannot be shown."""

import os
from pathlib import Path

import pytest

from verdigris.adapters.routers.haproxy import Maintenance, Site
from verdigris.adapters.routers.haproxy.files import Files
from verdigris.adapters.routers.haproxy.pages import PAGE_MOST, Pages, page
from verdigris.core.errors import ConfigError


def site(path):
    return Site("api", "127.0.0.1:80", maintenance=Maintenance(path))


class Shown:
    """What the copy in the router's directory says after each look at the owner's page, and what was said of it."""

    def __init__(self, directory, path):
        self.files, self.path, self.said = Files(directory, Path("/no/haproxy")), path, []
        self.pages = Pages(self.files, self.said.append)

    def now(self):
        self.pages.renew(site(self.path))
        return self.files.read("maintenance-api.html")


@pytest.fixture
def shown(tmp_path):
    (tmp_path / "router").mkdir()
    return Shown(tmp_path / "router", tmp_path / "page.html")


def test_without_a_page_ours_names_the_app(shown):
    shown.path = None
    assert ("api is under maintenance" in shown.now(), []) == (True, shown.said)


def test_the_page_of_the_owner_is_shown_as_it_is_now(shown):
    for text in ("<h1>Zurück um acht</h1>", "<h1>Zurück um neun</h1>"):
        shown.path.write_text(text)
        assert text == shown.now()
    assert [] == shown.said


@pytest.mark.parametrize("ending", ["\r\n", "\r"], ids=repr)
def test_a_page_is_copied_once_however_its_lines_end(shown, ending):
    shown.path.write_bytes(f"a{ending}b".encode())
    assert "a\nb" == shown.now()
    before = (shown.files.directory / "maintenance-api.html").stat().st_ino
    shown.now()
    assert before == (shown.files.directory / "maintenance-api.html").stat().st_ino


BAD = {
    "absent": (Path.unlink, "cannot be read (No such file or directory)"),
    "a directory": (lambda path: (path.unlink(), path.mkdir()), "cannot be read (Is a directory)"),
    "a pipe that nobody writes to": (lambda path: (path.unlink(), os.mkfifo(path)), "is no file"),
    "not UTF-8": (lambda path: path.write_bytes(b"ab\xff\xfe"), "is not UTF-8 (at byte 2)"),
    "too long": (lambda path: path.write_bytes(b"x" * (PAGE_MOST + 1)), "is longer than 12 KiB"),
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_page_that_cannot_be_shown_is_said_once_and_the_earlier_one_stays(shown, name):
    spoil, why = BAD[name]
    shown.path.write_text("<h1>Zurück um acht</h1>")
    shown.now()
    spoil(shown.path)
    assert ["<h1>Zurück um acht</h1>"] * 2 == [shown.now(), shown.now()]
    [sentence] = shown.said
    assert f"api: route.maintenance.page: {shown.path} {why}" in sentence
    assert sentence.endswith("Shown until then: the page as it was")
    with pytest.raises(ConfigError, match="route.maintenance.page"):
        page(site(shown.path))


def test_where_there_was_none_before_ours_is_shown(shown):
    assert "api is under maintenance" in shown.now()
    assert shown.said[0].endswith("Shown until then: one of ours")


def test_one_that_was_mended_and_broke_again_is_said_again(shown):
    for content in (None, b"fine", None):
        shown.path.unlink(missing_ok=True)
        if content:
            shown.path.write_bytes(content)
        shown.now()
    assert 2 == len(shown.said)
