import asyncio
import json
import threading

import pytest

from tests.waiting import eventually
from verdigris_kit import Health
from verdigris_kit.contract import Identity
from verdigris_kit.health import Finding

WHO = Identity(environment="green", release="a1b2c3", slot="green")


async def asked(health, method="GET", scope_type="http", headers=()):
    """Status, headers and body of one answer."""
    sent = []

    async def send(message):
        sent.append(message)

    await health({"type": scope_type, "method": method, "path": "/health", "headers": headers}, None, send)
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


async def test_a_healthy_process_answers_200_with_the_whole_document():
    status, headers, body = await asked(Health({"database": lambda: True}, identity=WHO))
    document = json.loads(body)
    uptime, age = document["checks"].pop("uptime"), document.pop("age")
    assert 200 == status
    assert b"application/json" == headers[b"content-type"]
    assert uptime >= 0
    assert 0 <= age < 1
    assert {
        "status": "healthy",
        "checks": {"database": True},
        "environment": "green",
        "release": "a1b2c3",
        "slot": "green",
        "version": 1,
    } == document


async def test_one_false_check_degrades_the_whole_and_is_named():
    status, _, body = await asked(Health({"database": lambda: True, "cache": lambda: False}))
    document = json.loads(body)
    assert (503, "degraded") == (status, document["status"])
    assert (True, False) == (document["checks"]["database"], document["checks"]["cache"])


async def test_a_check_that_raises_is_false_and_its_reason_goes_to_the_log_only(caplog):
    def database():
        raise OSError("password is hunter2")

    status, _, body = await asked(Health({"database": database}))
    assert 503 == status
    assert b"hunter2" not in body
    assert "health check database failed: OSError: password is hunter2" in caplog.text


@pytest.mark.parametrize("nonsense", [None, 1, "yes", [True]])
async def test_a_check_that_answers_nonsense_is_false(nonsense):
    assert "degraded" == (await Health({"database": lambda: nonsense}).report())["status"]


async def test_coroutine_checks_run_together():
    begun, both = [], asyncio.Event()

    async def check():
        begun.append(True)
        if len(begun) == 2:
            both.set()
        return await both.wait()

    assert "healthy" == (await Health({"a": check, "b": check}, within=10).report())["status"]


async def test_a_plain_function_that_returns_an_awaitable_is_awaited():
    async def database():
        return True

    by_name = {"database": database}
    assert "healthy" == (await Health({"database": lambda: by_name["database"]()}).report())["status"]


async def test_a_check_that_hangs_is_false_at_the_deadline_and_never_runs_twice_at_once():
    release, calls = threading.Event(), []

    def database():
        calls.append(1)
        return release.wait(30)

    health = Health({"database": database, "cache": lambda: True}, within=0.5, fresh_for=0)
    reports = [await health.report() for _ in range(3)]
    assert [{"database": False, "cache": True}] * 3 == [
        {name: report["checks"][name] for name in ("database", "cache")} for report in reports
    ]
    assert 1 == len(calls)

    release.set()
    await eventually(lambda: healthy(health), "the check to pass again")
    assert "healthy" == (await Health({"database": database}, within=10).report())["status"]


async def healthy(health):
    return (await health.report())["status"] == "healthy"


async def test_many_who_ask_at_once_share_one_run():
    open_door, calls = asyncio.Event(), []

    async def database():
        calls.append(1)
        await open_door.wait()
        return True

    health = Health({"database": database}, within=10)
    asking = [asyncio.ensure_future(health.report()) for _ in range(20)]
    await eventually(lambda: calls, "the check to begin")
    open_door.set()
    assert ["healthy"] * 20 == [report["status"] for report in await asyncio.gather(*asking)]
    assert 1 == len(calls)


async def test_without_checks_a_process_that_answers_is_healthy():
    assert "healthy" == (await Health({}).report())["status"]


async def test_head_is_answered_without_a_body_and_post_is_refused():
    health = Health({})
    status, headers, body = await asked(health, "HEAD")
    assert (200, b"") == (status, body)
    assert int(headers[b"content-length"]) > 0
    assert 405 == (await asked(health, "POST"))[0]


async def test_it_serves_http_only():
    with pytest.raises(RuntimeError, match="Health serves http, not websocket"):
        await asked(Health({}), scope_type="websocket")


async def test_an_informational_check_is_shown_and_degrades_nothing():
    health = Health({"database": lambda: True}, informational={"mail": lambda: False})
    status, _, body = await asked(health)
    document = json.loads(body)
    assert (200, "healthy", {"mail": False}) == (status, document["status"], document["informational"])
    assert "mail" not in document["checks"]


async def test_details_are_shown_to_whom_the_flag_or_the_function_says():
    def database():
        raise OSError("no route")

    def knows(asked):
        return asked.headers.get("x-team") == "ours" and asked.method == "GET"

    checks = {"database": database, "cache": lambda: Finding(True, schema="b2")}
    _, _, shown = await asked(Health(checks, details=True))
    _, _, hidden = await asked(Health(checks, details=False))
    health = Health(checks, details=knows)
    _, _, ours = await asked(health, headers=[(b"x-team", b"ours")])
    _, _, theirs = await asked(health)
    document = json.loads(shown)
    assert ({"database": "OSError: no route"}, "b2") == (document["reasons"], document["schema"])
    assert {"database", "cache"} == set(document["milliseconds"])
    assert [True, False, True, False] == [b"milliseconds" in body for body in (shown, hidden, ours, theirs)]


async def test_a_rule_for_the_details_that_raises_shows_none_and_the_document_all_the_same(caplog):
    def rule(asked):
        raise KeyError("team")

    status, _, body = await asked(Health({}, details=rule))
    assert (200, False) == (status, b"milliseconds" in body)
    assert "who may see the health's details cannot be said: KeyError" in caplog.text


def test_a_thread_gets_the_same_document_and_coroutines_run_for_it_too():
    async def cache():
        return True

    health = Health({"database": lambda: True, "cache": cache}, identity=WHO)
    document = health.report_blocking()
    assert ("healthy", {"database": True, "cache": True}) == (
        document["status"],
        {name: document["checks"][name] for name in ("database", "cache")},
    )


@pytest.mark.parametrize(
    ("method", "status"), [("GET", "503 Service Unavailable"), ("PUT", "405 Method Not Allowed")]
)
def test_it_is_an_application_of_wsgi_as_well(method, status):
    started = []
    environ = {"REQUEST_METHOD": method, "HTTP_X_TEAM": "ours", "REMOTE_ADDR": "127.0.0.1"}
    seen = []
    health = Health({"database": lambda: False}, details=lambda asked: bool(seen.append(asked)))
    [body] = health.wsgi(environ, lambda *said: started.append(said))
    [(said, headers)] = started
    assert (status, str(len(body))) == (said, dict(headers)["content-length"])
    assert [] == seen or ("ours", "127.0.0.1") == (seen[0].headers["x-team"], seen[0].peer)


def test_a_check_is_critical_or_informational_and_not_both():
    with pytest.raises(ValueError, match="'cache' is informational as well"):
        Health({"cache": lambda: True}, informational={"cache": lambda: True})


def test_uptime_is_the_kits_own():
    with pytest.raises(ValueError, match="'uptime' is filled in by the kit"):
        Health({"uptime": lambda: True})
