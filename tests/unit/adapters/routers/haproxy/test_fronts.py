"""What the front door makes of a request: who asks, for whom, and which way it goes."""


async def served(house, *headers, path="/"):
    """The slot that answered."""
    return (await house.ask(path, headers=headers)).body


def asked(instance):
    """The headers of the last request that was no probe."""
    return next(headers for _, path, headers in reversed(instance.asked) if path == "/")


async def test_what_a_client_says_of_its_way_is_replaced_by_what_is_known(house):
    blue = await house.instance("blue-1", "blue")
    await house.route(0, 1, blue)
    await served(house, "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https", "Forwarded: for=6.6.6.6")
    headers = asked(blue)
    assert ("127.0.0.1", "http", "api", f"{house.port}") == tuple(
        headers[f"x-forwarded-{name}"] for name in ("for", "proto", "host", "port")
    )
    assert "forwarded" not in headers
    assert headers["x-request-start"].startswith("t=1")


async def test_what_a_trusted_proxy_says_is_continued(make_house):
    house = await make_house(trust=("127.0.0.0/8",))
    blue = await house.instance("blue-1", "blue")
    await house.route(0, 1, blue)
    await served(house, "X-Forwarded-For: 6.6.6.6", "X-Forwarded-Proto: https")
    assert "https" == asked(blue)["x-forwarded-proto"]
    assert "127.0.0.1" == asked(blue)["x-forwarded-for"]  # the last of two lines: who spoke to us


async def test_a_cookie_with_the_secret_chooses_the_slot_and_does_not_reach_the_application(house):
    blue, green = await house.both()
    await house.route(0, 1, blue, green)
    secret = (house.directory / "preview.secret").read_text().strip()
    assert "green" == await served(house, f"Cookie: a=b; verdigris-preview={secret}.green; c=d")
    assert secret not in asked(green)["cookie"]
    assert ("a=b", "c=d") == tuple(part for part in asked(green)["cookie"].split("; ") if part)
    assert "blue" == await served(house, "Cookie: verdigris-preview=guessed.green")
