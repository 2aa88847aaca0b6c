"""What the session is with which instances are asked. What an instance can do to it is tried by its two users."""

from verdigris.traffic.guarded import guarded


async def test_each_request_has_a_connection_of_its_own_and_nothing_is_kept_or_taken_from_elsewhere():
    session = guarded("verdigris-test", 1000, 10, {"X-Told": "yes"})
    assert session.connector.force_close
    assert not session.trust_env
    assert {"User-Agent": "verdigris-test", "Accept-Encoding": "identity", "X-Told": "yes"} == dict(
        session.headers
    )
    assert 0 == len(session.cookie_jar)
    await session.close()
