"""What the application has to hold by itself: two versions with verdigris-kit and one real Redis, and a job."""

from __future__ import annotations

from tests.faults.ground import Ground
from tests.faults.registry import calling, tried_by
from tests.kit.cache import test_switch
from tests.kit.cache.backends import plain
from tests.kit.sessions import test_store, test_tokens
from tests.servers.redis import redis_server
from tests.servers.server import Server
from verdigris_kit.role import role
from verdigris_kit.sessions import SessionStore, Versions

row = tried_by("application")


def with_a_redis(ground: Ground) -> Server:
    """One that is taken down with the ground."""
    return ground.stack.enter_context(redis_server(ground.place))


@row("F-94")
def both_versions_read_and_write_one_cache(ground: Ground) -> None:
    redis = with_a_redis(ground)
    way = "versioned and doubled"
    test_switch.test_a_switch_and_a_way_back_under_load(way, redis, lambda sentence: None)
    test_switch.test_what_changes_while_the_new_version_serves_is_fresh_on_the_way_back(redis, plain)


row("F-95")(calling(test_tokens.test_a_rotation_logs_nobody_out_whichever_slot_answers))
row("F-95")(calling(test_tokens.test_a_user_goes_back_and_forth_between_versions_with_one_token))
row("F-95")(
    calling(test_tokens.test_without_a_downgrade_the_old_version_says_that_the_token_is_of_a_newer_one)
)


@row("F-95")
async def both_versions_read_and_write_one_store(ground: Ground) -> None:
    redis = with_a_redis(ground)

    def make(versions: Versions) -> SessionStore:
        return SessionStore(plain(redis.url), versions)

    await test_store.test_a_user_goes_back_and_forth_between_versions(make)
    await test_store.test_what_only_a_newer_version_can_read_is_refused_and_not_destroyed(make)


@row("F-123")
def a_job_waits_where_nobody_can_say_what_it_is(ground: Ground) -> None:
    file = ground.place / "role"
    environ = {"VERDIGRIS_ROLE_FILE": str(file)}
    assert "candidate" == role(environ)
    for word in (b"", b"LIVE", b"live live", b"\xff\xfe", b"live" * 100):
        file.write_bytes(word)
        assert "candidate" == role(environ), word
    file.write_bytes(b"live\n")
    assert "live" == role(environ)
