"""What the guides on jobs and on leaving show is run as it stands there."""

import io

import httpx
import pytest
from apscheduler.schedulers.base import STATE_PAUSED, STATE_RUNNING

from tests.kit.headers.sites import recipe
from tests.waiting import eventually_sync
from verdigris_kit.role import on_change, role

JOBS, LEAVING = "jobs-and-workers", "leaving-well"


def ran(page, name):
    shown = {}
    exec(recipe(page, name), shown)
    return shown


@pytest.fixture
def becomes(tmp_path, monkeypatch):
    file = tmp_path / "role"
    monkeypatch.setenv("VERDIGRIS_ROLE_FILE", str(file))

    def write(word):
        (tmp_path / "new").write_text(word)
        (tmp_path / "new").replace(file)

    write("candidate")
    return write


def test_a_decorated_job_runs_where_it_is_live(becomes):
    job = ran(JOBS, "only-live")["send_invoices"]
    assert job() is None
    becomes("live")
    assert "sent" == job()


def test_a_worker_takes_something_where_it_is_live(becomes):
    work, taken = ran(JOBS, "worker")["work"], []
    work(lambda: taken.append(role()))
    becomes("live")
    work(lambda: taken.append(role()))
    assert ["live"] == taken


def test_the_scheduler_follows_the_role(becomes, monkeypatch):
    ends = []
    ask = on_change
    monkeypatch.setattr("verdigris_kit.role.on_change", lambda *a, **k: ends.append(ask(*a, **k)))
    scheduler = ran(JOBS, "apscheduler")["scheduler"]
    for word, state in (("live", STATE_RUNNING), ("retained", STATE_PAUSED), ("live", STATE_RUNNING)):
        becomes(word)
        eventually_sync(lambda state=state: scheduler.state == state, word)
    ends[0]()
    scheduler.shutdown()


async def test_one_line_puts_the_kit_around_an_application():
    app = ran(LEAVING, "kit")["app"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop") as client:
        answers = [await client.get(path) for path in ("/", "/health", "/ready", "/.verdigris/state")]
    assert [200, 200, 200, 404] == [answer.status_code for answer in answers]
    assert all("x-api-version" in answer.headers for answer in answers)
    app.leaving._sigterm.remove()


def test_one_line_puts_it_around_a_wsgi_application_too():
    app = ran(LEAVING, "wsgi")["application"]
    with httpx.Client(
        transport=httpx.WSGITransport(app, wsgi_errors=io.StringIO()), base_url="http://shop"
    ) as client:
        answers = [client.get(path) for path in ("/", "/health", "/ready", "/.verdigris/state")]
    assert [200, 200, 200, 404] == [answer.status_code for answer in answers]


def test_the_interceptor_goes_where_the_guide_puts_it():
    ran(LEAVING, "grpc")["server"].stop(None)
