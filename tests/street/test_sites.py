"""Several apps behind one address: whose a request is, and that none of them suffers from another."""

import asyncio

import pytest

from tests.waiting import eventually
from verdigris.adapters.routers.haproxy import Door, Site
from verdigris.core.errors import ConfigError
from verdigris.core.world import Pause

SITES = (
    {"app": "shop", "hosts": ("shop.example.com",)},
    {"app": "search", "hosts": ("shop.example.com",), "path": "/search", "strip": True},
    {"app": "images", "hosts": ("shop.example.com",), "path": "/search/images"},
    {"app": "tenants", "hosts": ("*.example.com",)},
    {"app": "billing", "hosts": ("*.example.com",), "path": "/billing"},
)
ANYBODY = {"app": "anybody", "path": "/any"}


@pytest.fixture
def inhabited(make_street):
    """A street whose apps have one instance each, which answers with the name of its app."""

    async def make(*sites):
        street = await make_street(*sites)
        for site in street.sites:
            instance = await street.instance("blue-1", "blue", more=f"X-App: {site.app}\r\n")
            await street.route(site.app, 0, 1, instance)
            setattr(street, site.app, instance)
        return street

    return make


async def owner(street, host, path="/"):
    """Whose application answered, or the word of the router when none did."""
    reply = await street.ask(path, host=host)
    return reply.headers.get("x-app") or reply.headers["x-verdigris-error"]


async def test_the_exact_host_comes_before_the_wildcard_and_the_wildcard_before_any(inhabited):
    street = await inhabited(*SITES, ANYBODY)
    owners = {
        ("shop.example.com", "/"): "shop",
        ("SHOP.example.com:8080", "/"): "shop",
        ("other.example.com", "/"): "tenants",
        ("other.example.com", "/billing/7"): "billing",
        ("other.example.com", "/any"): "tenants",
        ("elsewhere.org", "/any/thing"): "anybody",
        ("elsewhere.org", "/"): "unknown-host",
    }
    assert owners == {at: await owner(street, *at) for at in owners}


async def test_a_wildcard_stands_for_one_level_only(inhabited):
    street = await inhabited(*SITES)
    for host in ("a.b.example.com", "example.com", "badexample.com", "example.com.evil.org"):
        assert "unknown-host" == await owner(street, host)


async def test_the_longest_prefix_owns_a_path_and_ends_at_a_slash(inhabited):
    street = await inhabited(*SITES)
    owners = {
        "/search": "search",
        "/search/": "search",
        "/search?q=1": "search",
        "/search/imagesque": "search",
        "/search/images": "images",
        "/search/images/7": "images",
        "/searching": "shop",
        "/Search": "shop",
        "/": "shop",
    }
    assert owners == {path: await owner(street, "shop.example.com", path) for path in owners}


async def test_a_prefix_is_taken_off_where_that_is_asked_for(inhabited):
    street = await inhabited(*SITES)
    paths = {"/search": "/", "/search/": "/", "/search/a/b?q=/search": "/a/b?q=/search", "/search?q": "/?q"}
    for path, seen in paths.items():
        await street.ask(path, host="shop.example.com")
        _, arrived, headers = street.search.asked[-1]
        assert (path, seen, "/search") == (path, arrived, headers["x-forwarded-prefix"])
    await street.ask("/search/images/7", host="shop.example.com")
    assert "/search/images/7" == street.images.asked[-1][1]


async def test_an_unknown_host_is_told_so_in_json(inhabited):
    street = await inhabited(*SITES)
    reply = await street.ask(host="nobody.org")
    assert (404, "application/json") == (reply.status, reply.headers["content-type"])
    assert '"error":"unknown-host"' in reply.body


async def test_one_kept_alive_connection_may_ask_every_app_in_turn(inhabited):
    street = await inhabited(*SITES)
    client = street.client()
    for host, app in [("shop.example.com", "shop"), ("t.example.com", "tenants")] * 20:
        assert app == (await client.ask(host=host)).headers["x-app"]
    assert 404 == (await client.ask(host="nobody.org")).status
    assert 200 == (await client.ask(host="shop.example.com")).status


async def test_every_app_has_weights_of_its_own(make_street):
    street = await make_street({"app": "one", "hosts": ("one",)}, {"app": "two", "hosts": ("two",)})
    both = await street.both()
    await street.route("one", 0, 1, *both)
    await street.route("two", 100, 1, *both)
    for generation, (green, other) in enumerate(((100, 0), (0, 100)), 2):
        await street.route("one", green, generation, *both)
        await street.route("two", other, generation, *both)
        said = [(await street.ask(host=host)).body for host in ("one", "two")]
        assert said == (["green", "blue"] if green else ["blue", "green"])


@pytest.fixture
async def neighbours(inhabited):
    return await inhabited({"app": "one", "hosts": ("one",)}, {"app": "two", "hosts": ("two",)})


async def some_more(statuses, count=200):
    before = statuses.total()
    await eventually(lambda: statuses.total() >= before + count, f"{count} more answers")


async def test_an_app_whose_last_instance_dies_leaves_the_others_alone(neighbours, load):
    async with load(neighbours, "one") as statuses:
        await some_more(statuses)
        await neighbours.two.die()
        refused = await asyncio.gather(*(neighbours.ask(host="two") for _ in range(20)))
        assert {503} == {reply.status for reply in refused}
        await some_more(statuses)
    assert {200} == set(statuses)


async def test_an_app_without_a_release_says_so_and_leaves_the_others_alone(make_street, load):
    street = await make_street({"app": "one", "hosts": ("one",)}, {"app": "two", "hosts": ("two",)})
    await street.route("one", 0, 1, await street.instance("blue-1", "blue"))
    async with load(street, "one") as statuses:
        assert 503 == (await street.ask(host="two")).status
        await some_more(statuses)
    assert {200} == set(statuses)


@pytest.mark.parametrize("pause", [Pause.ALL, Pause.SAFE, Pause.MAINTENANCE])
async def test_a_paused_app_leaves_the_others_alone(neighbours, load, pause):
    street = neighbours
    async with load(street, "one") as statuses:
        await street.route("two", 0, 2, street.two, pause=pause)
        asked = [asyncio.create_task(street.ask(host="two")) for _ in range(50)]
        await some_more(statuses)
        if pause is Pause.MAINTENANCE:
            await asyncio.wait(asked)
        assert all(task.done() for task in asked) == (pause is Pause.MAINTENANCE)
        await street.route("two", 0, 3, street.two)
        replies = {reply.status for reply in await asyncio.gather(*asked)}
    assert ({200}, {503 if pause is Pause.MAINTENANCE else 200}) == (set(statuses), replies)


@pytest.mark.parametrize(
    "claims",
    [
        ({"hosts": ("a.org", "b.org")}, {"hosts": ("b.org", "c.org")}),
        ({"hosts": ("*.a.org",), "path": "/x"}, {"hosts": ("*.a.org",), "path": "/x"}),
        ({}, {}),
    ],
    ids=["host", "wildcard", "any host"],
)
def test_what_belongs_to_an_app_is_refused_to_another_with_the_name_of_its_owner(tmp_path, claims):
    names = ("owner", "latecomer")
    sites = tuple(
        Site(app=name, listen="127.0.0.1:8080", **claim) for name, claim in zip(names, claims, strict=True)
    )
    with pytest.raises(ConfigError, match="latecomer: .* at 127.0.0.1:8080 belongs to owner already"):
        Door(tmp_path, sites)
