"""What failed is tried again, and a contract is given up at last."""

import pytest

from verdigris.core.errors import ActionError, ConfigError
from verdigris.core.world import Proven
from verdigris.schema.jobs.failing import AGAIN, TRIES_MOST, failed
from verdigris.schema.jobs.order import Deed, Order, Plan
from verdigris.schema.jobs.papers import Papers, Question

NOW = 1_000.0


def order(deed):
    return Order(deed, Plan("files"), "/home", "d-1", "/new", "/old", "green")


@pytest.mark.parametrize("deed", [Deed.PROVE, Deed.EXPAND, Deed.CONTRACT])
def test_what_failed_is_counted_and_tried_again(deed):
    papers = failed(order(deed), Papers(failures=2), ActionError("the server is gone"), NOW)
    assert (3, f"{deed} failed and is tried again: the server is gone") == (papers.failures, papers.doing)


def test_an_error_of_our_own_is_named_by_its_kind_alone():
    assert "KeyError in the job itself" in failed(order(Deed.PROVE), Papers(), KeyError("hunter2"), NOW).doing


@pytest.mark.parametrize(
    ("papers", "error"),
    [(Papers(), ConfigError("no such table")), (Papers(failures=TRIES_MOST - 1), ActionError("locked"))],
)
def test_a_contract_that_cannot_be_carried_out_is_given_up(papers, error):
    papers = failed(order(Deed.CONTRACT), papers, error, NOW)
    assert Proven.DISPROVEN is papers.outcome(Question.CONTRACTS)
    assert f"it could not be carried out: {error}" == papers.answers[Question.CONTRACTS].sentence


@pytest.mark.parametrize(
    "error", [ActionError("a view holds it"), ConfigError("no such role"), KeyError("hunter2")]
)
def test_nobody_waits_for_a_drop_so_it_is_tried_an_hour_later_for_as_long_as_it_takes(error):
    papers = Papers(contracted=True, failures=TRIES_MOST, due=NOW)
    after = failed(order(Deed.DROP), papers, error, NOW)
    assert (NOW + AGAIN, papers.failures, papers.answers) == (after.due, after.failures, after.answers)
    assert after.doing.startswith("what the contract took away is still there: ")
    assert "hunter2" not in after.doing
