"""The backends of a site: what holds for an app wherever it is served from."""

import pytest


@pytest.fixture
async def blue(make_house):
    """Makes a house with one instance in blue, which is given back with it."""

    async def make(**site):
        house = await make_house(**site)
        instance = await house.instance("blue-1", "blue")
        await house.route(0, 1, instance)
        return house, instance

    return make


async def test_a_prefix_is_taken_off_and_told_to_the_application(blue):
    house, instance = await blue(path="/search", strip=True)
    for asked in ("/search", "/search/", "/search/a/b?c=/search"):
        assert 200 == (await house.ask(asked)).status
    mine = [
        (path, headers.get("x-forwarded-prefix")) for _, path, headers in instance.asked if path != "/health"
    ]
    assert [("/", "/search"), ("/", "/search"), ("/a/b?c=/search", "/search")] == mine
    assert 404 == (await house.ask("/searching")).status


async def test_a_prefix_that_stays_reaches_the_application(blue):
    house, instance = await blue(path="/search")
    assert 200 == (await house.ask("/search/a")).status
    assert "/search/a" in [path for _, path, _ in instance.asked]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [((), b"12345", 200), ((), b"123456", 413), (("Transfer-Encoding: chunked",), b"", 411)],
    ids=["as long as allowed", "too long", "of unknown length"],
)
async def test_a_body_has_its_limit(blue, headers, body, status):
    house, _ = await blue(max_body=5)
    client = house.client()
    await client.send("/", "POST", headers, body)
    assert status == (await client.receive()).status
