"""Releases as the judge meets them, on the real router under load: each ends as it should, and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.judged import Judged, Sink
from tests.e2e.project import UVICORN, project_in
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(500)

COMMAND = [
    *(str(UVICORN), "--factory", "judged_app:make", "--host", "127.0.0.1", "--port", "{port}"),
    *("--no-access-log", "--timeout-keep-alive", "75", "--timeout-graceful-shutdown", "5"),
]
Making = Callable[..., Judged]

HALF = {"ramp": [{"to": "50%", "for": "5m"}, "100%"]}
TENTH = {"ramp": [{"to": "10%", "for": "5m"}, "100%"]}
NOISY_MACHINE = {"grace": "3s", "slower": "50%", "slower_tail": "100%"}
"""What a busy machine does to one slot and not to the other is no subject here."""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Making]:
    """Makes services by name that serve already."""
    with ExitStack() as stack:

        def made(name: str, fate: dict[str, float], **sections: Any) -> Judged:
            (place := tmp_path / name).mkdir()
            ours = {
                "run": {"instances": 1, "surge": 1, "command": COMMAND, "grace": "2s"},
                "judge": NOISY_MACHINE,
                "bake": {"for": "5s", "max_error_rate": "5%"},
                "alerts": {"after": "2s"},
            }
            service = stack.enter_context(project_in(place, Judged, **ours))
            service.configure(**sections)
            service.fated(**fate)
            service.ship()
            return service

        yield made


# --- bad releases -------------------------------------------------------------------------------------------------


def test_bad_releases_are_rolled_back_each_for_what_is_wrong_with_it(services, figure):
    """At the same time, each on a service of its own: they wait for evidence most of the time."""
    together(figure, services, more_errors, a_longer_tail, a_leak)


def more_errors(services: Making) -> str:
    """One request of a thousand fails, then one of a hundred; a tenth of the traffic shows it."""
    service = services("errors", {"every": 1000}, cutover=TENTH)
    with service.begun(300.0, every=100) as shipping:
        assert 10 == service.ended(shipping)
    report = service.report
    assert all(word in report["cause"] for word in ("fails", "often", "blue")), report["cause"]
    assert "limit 100:1" in report["judge"]["sentence"]
    assert {"errors", "routes"} >= set(report["judge"]["regressed"])
    assert report["judge"]["ln_e"] == pytest.approx(service.recomputed()["ln_e"])
    return service.told("0.1 → 1 % errors at 10 % of 300/s")


LEAKED = ("requests to green all failed", "green fails ", "Green fails ", "Green is slower than blue")
"""Whatever comes first: who waits for a connection is slow, who gets none has failed."""


def a_longer_tail(services: Making) -> str:
    service = services("tail", {}, cutover=HALF, judge={"slower": "5%", "slower_tail": "10%"})
    with service.begun(300.0, tail=1.5) as shipping:
        assert 10 == service.ended(shipping)
    assert service.report["cause"].startswith("Green is slower than blue"), service.report["cause"]
    assert ("regressed", ["latency"]) == tuple(service.recomputed()[key] for key in ("verdict", "regressed"))
    return service.told("p99 + 50 % at 50 % of 300/s")


def a_leak(services: Making) -> str:
    """A quarter of a minute in place of a minute: until then it is a healthy release."""
    service = services("leak", {}, cutover=HALF)
    with service.begun(100.0, leaks_after=15.0) as shipping:
        assert 10 == service.ended(shipping)
    assert any(words in service.report["cause"] for words in LEAKED), service.report["cause"]
    return service.told("connections leak after 15 s at 50 % of 100/s")


# --- and others ---------------------------------------------------------------------------------------------------


def test_a_healthy_release_passes_on_a_noisy_service_and_unseen_it_waits(services, figure):
    together(figure, services, noise, nobody, silence)


def noise(services: Making) -> str:
    """One request of a hundred fails, in clumps of five, in both."""
    clumps = {"every": 500, "clump": 5}
    ramp = {"ramp": [{"to": "50%", "for": "60s"}, "100%"]}
    service = services("noise", clumps, cutover=ramp, bake={"max_error_rate": "10%"})
    with service.begun(300.0, **clumps) as shipping:
        assert 0 == service.ended(shipping)
    found = service.report["judge"]
    assert found["verdict"] in ("inconclusive", "no harm proven")
    assert found["sentence"].startswith(("Green is proven to fail less", "No regression of green was found"))
    return service.told("healthy, 1 % errors in clumps of 5, at 50 % of 300/s")


def nobody(services: Making) -> str:
    service = services("nobody", {}, bake={"for": "12s"})
    with service.begun(0.0) as shipping:
        assert 0 == service.ended(shipping)
    found = service.report["judge"]
    assert "inconclusive" == found["verdict"]
    assert "Nobody was served by blue meanwhile" in found["sentence"], found["sentence"]
    return service.told("no traffic")


def silence(services: Making) -> str:
    """While it bakes, somebody else has the router's lines: nothing is concluded, and the bake does not go on."""
    service = services("silence", {}, bake={"for": "8s"})
    with service.begun(100.0) as shipping:
        service.until("bake")
        with Sink(service) as sink:
            eventually_sync(lambda: unknown(service), "the verdict to be unknown", 60.0)
            eventually_sync(lambda: alerted(service), "an alert", 60.0)
            assert "bake" == service.phase()
        assert sink.heard > 0
        assert 0 == service.ended(shipping)
    return service.told("signals stop for a while")


def unknown(service: Judged) -> bool:
    picture = service.look()
    found = picture.verdict if picture is not None else None
    return found is not None and found.sentence.startswith("no request counts: the router has sent no lines")


def alerted(service: Judged) -> bool:
    """Told once a phase, in the words of the moment: the newest counts are too old, or there are none."""
    return any(event.kind == "alert" and "request counts" in event.sentence for event in service.events())


def together(figure: Callable[[str], None], services: Making, *stories: Callable[[Making], str]) -> None:
    """All of them at once; what failed is told when all are over."""
    with ThreadPoolExecutor(len(stories)) as pool:
        futures = [pool.submit(story, services) for story in stories]
    failed = [error for one in futures if isinstance(error := one.exception(), Exception)]
    for one in futures:
        if one.exception() is None:
            figure(one.result())
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {len(stories)} stories ended otherwise", failed)
