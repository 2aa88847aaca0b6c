import pytest

from verdigris.schema.dialects.place import Fault


@pytest.mark.parametrize(
    ("code", "stopped"), [("SQLITE_INTERRUPT", True), ("1969", True), ("SQLITE_ERROR", False)]
)
def test_who_was_stopped_for_its_time_says_nothing_of_the_schema(code, stopped):
    assert stopped is Fault(code, "").stopped
