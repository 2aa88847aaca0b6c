from contextlib import nullcontext, suppress

import psycopg
import pytest

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.running.session import connecting, one, opened


def test_ours_is_a_session_that_cannot_hold_anybody_up_for_long(production, quick):
    with opened(production.connect, quick) as connection:
        names = (
            "application_name",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "client_connection_check_interval",
        )
        found = [one(connection, "SELECT current_setting(%s)", (name,)) for name in names]
    assert ["verdigris schema", "100ms", "10s", "1s"] == found


def test_the_turn_is_free_again_afterwards(production, quick):
    for _ in range(2):
        with opened(production.connect, quick) as connection:
            assert one(connection, "SELECT to_regclass('verdigris_schema.steps') IS NOT NULL")
    assert [] == quick.slept


@pytest.mark.parametrize("query", ["SELECT 1", "SELECT 1 / 0"])
def test_the_turn_is_given_back_before_the_session_is_over(production, quick, query):
    """A server may see a moment later only that we have gone."""
    kept = production.session()
    with suppress(psycopg.errors.DivisionByZero), opened(lambda: nullcontext(kept), quick):
        kept.execute(query)
    with opened(production.connect, quick):
        assert [] == quick.slept


def test_a_server_that_is_not_there_is_a_sentence_without_the_password(quick):
    connect = connecting("postgresql://me:secret@127.0.0.1:1/shop")
    with (
        pytest.raises(ActionError, match="127.0.0.1.* cannot be opened: .*: see that it can") as error,
        opened(connect, quick),
    ):
        pass
    assert "secret" not in str(error.value)
    with pytest.raises(ConfigError):
        connecting("not a url")
