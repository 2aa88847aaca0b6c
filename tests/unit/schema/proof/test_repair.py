"""Statements whose constants were replaced, as pg_stat_statements does, can be prepared again."""

from pathlib import Path

import pytest

from tests.unit.schema.proof.shop import said, shop
from verdigris.schema.proof.parsed import parsed
from verdigris.schema.proof.repair import signatures
from verdigris.schema.statement import Statement

NORMALISED = Path(__file__).parent


def texts(version):
    lines = (NORMALISED / f"normalised{version}.sql").read_text().splitlines()
    return [line.removesuffix(";") for line in lines if not line.startswith("--")]


@pytest.mark.parametrize("version", [15, 18])
def test_typical_statements_are_repaired(server, version):
    with shop(server).connected() as connection:
        naive = parsed(connection, [(text, ()) for text in texts(version)])
        found = signatures(connection, [Statement(text, normalised=True) for text in texts(version)])
    assert 97 == len(found)
    assert 30 < sum(each.fault is not None for each in naive)
    assert [] == [each.sql for each in found if not each.tried]


def test_only_the_types_that_are_needed_are_declared(server):
    with shop(server).connected() as connection:
        found = signatures(connection, said("SELECT concat($1, name), $2 FROM customers WHERE email = $3"))
    assert [True, False, False] == [bool(name) for name in found[0].types]


def test_numbers_and_booleans_keep_their_types_and_texts_do_not(server):
    with shop(server).connected() as connection:
        (found,) = signatures(
            connection, said("UPDATE customers SET email = $1, active = $2, born = $3 WHERE id = ANY($4)")
        )
    assert ("", "boolean", "", "bigint[]") == found.types


def test_what_is_declared_is_not_searched_for(server):
    with shop(server).connected() as connection:
        (found,) = signatures(connection, [Statement("SELECT $1 * $2", types=("text", "text"))])
    assert "42883" == found.fault.sqlstate


def test_for_very_many_parameters_nothing_is_searched_for(server):
    with shop(server).connected() as connection:
        (found,) = signatures(connection, said("SELECT $60000 * $2"))
    assert found.fault is not None


def test_what_no_type_can_mend_keeps_its_fault(server):
    with shop(server).connected() as connection:
        found = signatures(connection, said("SELECT nope($1, $2)", "SELECT nothing FROM orders", "SELEC $1"))
    assert ["42883", "42703", "42601"] == [each.fault.sqlstate for each in found]
