"""What a contract took away comes back under its name, for as long as it is kept."""

from tests.unit.cli.schema.test_contract import STEP, expanded, papers_of

assert expanded


def test_what_was_taken_away_comes_back_with_its_rows(expanded):
    before = expanded.ask("SELECT id, total FROM orders ORDER BY id")
    code, found, _ = expanded.type("restore", "--yes")
    assert (0, "nothing is kept that could be given back") == (code, found["sentence"])
    code, found, _ = expanded.type("contract", "--yes")
    assert (0, [STEP]) == (code, found["carried_out"]), found
    code, found, _ = expanded.type("restore")
    assert (2, False) == (code, "total" in expanded.columns())
    assert "schema restore: nobody can be asked here. Add --yes" in found["sentence"]
    code, found, _ = expanded.type("restore", "--yes")
    assert (0, ["public.orders.total"]) == (code, found["carried_out"])
    assert before == expanded.ask("SELECT id, total FROM orders ORDER BY id")
    assert 0 == papers_of(expanded).due, "nobody promises to drop it any more"
