import pytest

from verdigris.schema.tools.advice import advice


def told(*names, **facts):
    usual = {"required": False, "default": False, "db_default": False, "constraint": "NoneType"}
    return {"is": list(names)} | usual | facts


@pytest.mark.parametrize(
    ("operation", "word"),
    [
        (told("AddField", required=True, default=True), "`db_default`"),
        (told("AddField", required=True), "without a default"),
        (told("AddIndex"), "AddIndexConcurrently"),
        (told("RemoveIndex"), "RemoveIndexConcurrently"),
        (told("AddConstraint", constraint="CheckConstraint"), "AddConstraintNotValid"),
        (told("AddConstraint", constraint="UniqueConstraint"), "USING INDEX"),
        (told("RemoveField"), "SeparateDatabaseAndState"),
        (told("DeleteModel"), "DeleteModel takes away"),
        (told("RenameField"), "breaks both versions"),
        (told("RunPython"), "in batches"),
        (told("AddIndexConcurrently", "AddIndex"), "`atomic = False`"),
    ],
)
def test_there_is_a_better_form(operation, word):
    (sentence,) = advice([operation], atomic=True)
    assert word in sentence


@pytest.mark.parametrize(
    ("operations", "atomic"),
    [
        ([told("AddField", required=True, db_default=True)], True),
        ([told("AddField")], True),
        ([told("AddIndexConcurrently", "AddIndex")], False),
        ([told("AddConstraintNotValid", "AddConstraint")], True),
        ([told("RunPython")], False),
        ([], True),
    ],
)
def test_or_there_is_nothing_to_say(operations, atomic):
    assert () == advice(operations, atomic)


def test_several_operations_outside_a_transaction_are_told_once():
    pair = [told("AddIndexConcurrently", "AddIndex")] * 2
    assert 1 == len(advice(pair, atomic=False))
