"""The page of maintenance: the owner's, or ours when theirs cannot be shown."""

import pytest

from verdigris.adapters.routers.haproxy import Maintenance, Site
from verdigris.adapters.routers.haproxy.pages import PAGE_MOST, page


def shown(path):
    said = []
    text = page(Site("api", "127.0.0.1:80", maintenance=Maintenance(path)), said.append)
    return text, said


def test_without_a_page_ours_names_the_app():
    text, said = shown(None)
    assert ("api is under maintenance" in text, []) == (True, said)


def test_the_page_of_the_owner_is_shown_as_it_is(tmp_path):
    path = tmp_path / "page.html"
    path.write_text("<h1>Zurück um acht</h1>")
    assert ("<h1>Zurück um acht</h1>", []) == shown(path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"x" * (PAGE_MOST + 1)])
def test_a_page_that_cannot_be_shown_is_said_and_ours_is_shown(tmp_path, content):
    path = tmp_path / "page.html"
    if content is not None:
        path.write_bytes(content)
    text, [sentence] = shown(path)
    assert "api is under maintenance" in text
    assert f"{path}" in sentence
    assert "our own page is used" in sentence
