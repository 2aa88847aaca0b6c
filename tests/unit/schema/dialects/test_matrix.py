from verdigris.schema.dialects.sqlite import prove
from verdigris.schema.dialects.wording import split
from verdigris.schema.finding import Layer, Outcome, Stage, Version
from verdigris.schema.script import Script
from verdigris.schema.statement import Statement

BASE = "CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, nick TEXT)"
OLD = (
    Statement("SELECT id, email FROM customer WHERE id = ?", (("1",),)),
    Statement('SELECT "nick" FROM "customer" WHERE "email" = ?', (("a@b",),)),
)


def script(sql, name="002_change.sql"):
    return Script(name, split(sql))


def cell(proof, version, stage):
    return next(
        each for each in (*proof.cells, *proof.told) if (each.version, each.stage) == (version, stage)
    )


def test_the_statement_of_the_migration_that_broke_it_is_named():
    change = script(
        "CREATE TABLE more (id INT); ALTER TABLE customer RENAME COLUMN nick TO handle; DROP TABLE more"
    )
    found = cell(prove(BASE, [script("SELECT 1", "001.sql"), change], [], OLD), Version.OLD, Stage.EXPANDED)
    assert {"002_change.sql: statement 2"} == {each.step for each in found.findings if each.step}


def test_expand_and_contract_serve_both_versions():
    expand = script("ALTER TABLE customer ADD COLUMN handle TEXT", "002.expand.sql")
    contract = script("ALTER TABLE customer DROP COLUMN nick", "002.contract.sql")
    old = [Statement("SELECT nick FROM customer WHERE id = ?", (("1",),))]
    new = [Statement("SELECT handle FROM customer WHERE id = ?", (("1",),))]
    proof = prove(BASE, [expand], [contract], old, new)
    assert Outcome.PROVEN is proof.outcome
    assert 4 == len(proof.cells)
    assert Outcome.DISPROVEN is cell(proof, Version.OLD, Stage.CONTRACTED).outcome
    assert Outcome.DISPROVEN is cell(proof, Version.NEW, Stage.BASE).outcome


def test_a_new_version_whose_column_is_missing_is_disproven():
    proof = prove(BASE, [], [], [OLD[0]], [Statement("SELECT handle FROM customer")])
    assert Outcome.DISPROVEN is cell(proof, Version.NEW, Stage.EXPANDED).outcome


def test_another_result_is_told_and_disproves_nothing():
    proof = prove(
        BASE, [script("ALTER TABLE customer ADD COLUMN note TEXT")], [], [Statement("SELECT * FROM customer")]
    )
    (shape,) = cell(proof, Version.OLD, Stage.EXPANDED).shapes
    assert (Outcome.PROVEN, Layer.SHAPE) == (proof.outcome, shape.layer)
    assert "has id, email, nick, note" in shape.message


def test_parameters_are_in_no_message():
    change = script("CREATE TRIGGER t BEFORE INSERT ON customer BEGIN SELECT RAISE(ABORT, 'no'); END")
    old = [Statement("INSERT INTO customer (email) VALUES (?)", (("secret@example",),))]
    assert "secret@" not in repr(prove(BASE, [change], [], old))


def test_without_statements_nothing_is_proven():
    assert Outcome.UNPROVEN is prove(BASE, [], [], [], []).outcome


def test_what_was_sent_often_is_one_statement_and_replayed_as_often():
    old = [Statement("INSERT INTO customer (email) VALUES (?)", ((f"{n}@b",),)) for n in range(9)]
    found = cell(
        prove(BASE, [script("CREATE UNIQUE INDEX x ON customer (nick)")], [], old),
        Version.OLD,
        Stage.EXPANDED,
    )
    assert [Outcome.PROVEN] == [each.outcome for each in found.findings]
    change = """CREATE TRIGGER t BEFORE INSERT ON customer WHEN (SELECT count(*) FROM customer) > 4
                BEGIN SELECT RAISE(ABORT, 'full'); END"""
    found = cell(prove(BASE, [script(change)], [], old), Version.OLD, Stage.EXPANDED)
    assert [Layer.REPLAY] == [each.layer for each in found.findings]


def test_what_is_fine_by_itself_and_only_fails_in_its_order_is_found():
    old = [
        Statement("INSERT INTO customer (email, nick) VALUES (?, ?)", ((f"{n}@b", "x"),)) for n in range(2)
    ]
    proof = prove(BASE, [script("CREATE UNIQUE INDEX x ON customer (nick)")], [], old)
    assert Layer.REPLAY is cell(proof, Version.OLD, Stage.EXPANDED).findings[0].layer
