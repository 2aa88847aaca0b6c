"""The examples of the guide, run in their order as one program."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.docs.pages import DOCS
from tests.kit.examples import run
from verdigris_kit.guard import HeldBack
from verdigris_kit.rehearsal import rehearsing

GUIDE = DOCS / "guides" / "rehearsal.md"


class Provider:
    async def charge(self, order):
        return "charged"


async def test_the_guide_s_examples_do_what_it_says(mark):
    seen = []

    async def api(scope, receive, send):
        seen.append(await made["charge"](7))
        with ThreadPoolExecutor() as pool:
            seen.append(await made["in_pool"](pool, rehearsing))
        if rehearsing():
            with pytest.raises(HeldBack) as held:
                await made["client"].post("https://api.payments.example/charges")
            seen.append(str(held.value))

    made = run(GUIDE, api=api, provider=Provider())
    try:
        for headers in ([], [(b"x-verdigris-rehearsal", mark.encode())]):
            await made["app"]({"type": "http", "headers": headers}, None, None)
    finally:
        made["guard"].uninstall()
        await made["client"].aclose()
    assert ["charged", False, "held back", True] == seen[:4]
    assert f"HeldBack: {seen[4]}" in GUIDE.read_text()
