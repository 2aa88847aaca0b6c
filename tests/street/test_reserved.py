"""What is between the controller and the instances: nobody outside gets at it, however he writes it."""

import pytest

from tests.street.clients import exchange, request

OURS = (
    "/.verdigris",
    "/.verdigris/",
    "/.verdigris/state",
    "/.verdigris?x=1",
    "/.Verdigris/state",
    "//.verdigris/state",
    "///.verdigris",
    "/%2everdigris/state",
    "/%2E%76%65%72%64%69%67%72%69%73/state",
    "/.verdi%67ris/state",
    "/.VERDI%47RIS/state",
    "/%2f.verdigris/state",
    "/%5c.verdigris/state",
    "/./.verdigris/state",
    "/orders/../.verdigris/state",
    "/orders/%2e%2e/.verdigris/state",
    "/.verdigris;a=b/state",
    "/.verdigris%2fstate",
    "/.verdigris%00/state",
    "/.verdigris/%zz",
    "/%zz/../.verdigris/state",
    "/.verdigris%",
    "http://api.example.com/.verdigris/state",
    "http://api.example.com/%2everdigris/state",
)
THEIRS = (
    "/",
    "/verdigris",
    "/.verdigrisly",
    "/.verdigris-notes",
    "/a.verdigris",
    "/.vimrc",
    "/100%25",
    "/?next=/.verdigris/state",
)
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "DELETE", "BREW")


@pytest.mark.parametrize("site", [{"app": "api"}, {"app": "api", "path": "/shop"}], ids=["root", "prefix"])
async def test_paths_of_ours_are_answered_by_the_router_and_reach_nobody(open_street, site):
    prefix = site.get("path", "")
    street = await open_street(site)
    for path in OURS:
        whole = path.replace("example.com/", f"example.com{prefix}/") if "://" in path else prefix + path
        answer = await exchange(street.port, request(path=whole))
        assert (404, "reserved") == (answer.status, answer.headers.get("x-verdigris-error")), whole
    assert [] == street.echo.arrived


async def test_an_app_whose_prefix_is_taken_off_is_not_reached_either(open_street):
    street = await open_street({"app": "api", "path": "/shop", "strip": True})
    for path in OURS:
        if "://" not in path:
            assert 404 == (await exchange(street.port, request(path=f"/shop{path}"))).status, path
    assert [] == street.echo.arrived
    assert 200 == (await exchange(street.port, request(path="/shop/list"))).status


@pytest.mark.parametrize("path", THEIRS)
async def test_what_only_looks_alike_is_the_applications(open_street, path):
    street = await open_street()
    assert 200 == (await exchange(street.port, request(path=path))).status
    assert path == street.echo.last.path


async def test_no_method_and_no_preview_opens_it(open_street):
    street = await open_street()
    secret = (street.directory / "preview.secret").read_text().strip()
    for header in ("X-A: b", f"X-Verdigris-Preview: {secret};blue", "Authorization: Bearer x"):
        for method in METHODS:
            answer = await exchange(street.port, request(header, method=method, path="/.verdigris/drain"))
            assert 404 == answer.status, (header, method)
    assert [] == street.echo.arrived


async def test_no_mark_of_a_rehearsal_comes_from_outside(open_street):
    street = await open_street()
    marks = (
        "X-Verdigris-Rehearsal: a",
        "x-verdigris-rehearsal: b",
        "X_Verdigris_Rehearsal: c",
        "X-VERDIGRIS-Role: d",
    )
    await exchange(street.port, request(*marks, "Connection: close, X-Verdigris-Rehearsal", last=False))
    assert [] == [name for name, _ in street.echo.last.headers if "verdigris" in name.lower()]
