"""The lines of `schema status`."""

import time
from dataclasses import replace

from tests.unit.core.worlds import a_deployment
from verdigris.cli.show.migrating import findings, schema_document, schema_lines
from verdigris.core.world import Proven
from verdigris.schema.jobs.papers import Answer, Papers, Question

PAPERS = Papers(
    {
        Question.KEEPS: Answer(Proven.PROVEN, "12 statements of the old release work on the expanded schema"),
        Question.SERVES: Answer(Proven.DISPROVEN, "`SELECT \x1b[31mtotal` fails"),
    },
    expanded=True,
    done=("001_amount.expand.sql", "002_amount.backfill.sql"),
    owed=("003_total.contract.sql",),
    doing="waits: an old transaction",
)


def told(papers, busy=False):
    return ["".join(span.text for span in line) for line in schema_lines(a_deployment("gate"), papers, busy)]


def test_what_is_proven_owed_and_under_way_is_said():
    assert [
        "api 2.0, d-2 in gate",
        "  proven     what live sends works on the expanded schema",
        "             12 statements of the old release work on the expanded schema",
        "  disproven  what the candidate sends works on it",
        "             `SELECT \\x1b[31mtotal` fails",
        "  owed       what the candidate sends works on the contracted schema",
        "  expanded   yes",
        "  contracted 003_total.contract.sql is owed, once blue is gone",
        "  done       001_amount.expand.sql, 002_amount.backfill.sql",
        "  now        waits: an old transaction",
    ] == told(PAPERS, busy=True)


def test_of_a_job_that_failed_its_last_words_are_shown():
    assert "  last       waits: an old transaction" == told(PAPERS)[-1]
    assert "  contracted yes" == told(replace(PAPERS, contracted=True, doing="", done=()))[-1]


def test_what_the_contract_took_away_is_there_for_a_day():
    papers = replace(PAPERS, contracted=True, done=(), doing="", due=time.time() + 86_400)
    last = told(papers)[-1]
    assert last.startswith("  contracted yes; what it took away is dropped after ")
    assert last.endswith(", and `verdigris schema restore` gives it back until then")
    document = schema_document(a_deployment("succeeded"), papers, False)
    assert papers.due == document["kept_until"]
    assert schema_document(a_deployment("succeeded"), PAPERS, False)["kept_until"] is None


def test_hazards_and_notes_stand_before_what_is_under_way():
    papers = replace(PAPERS, hazards=("001_a.sql: `ALTER`: ACCESS EXCLUSIVE",), notes=("no role was named",))
    assert [
        "  hazard     001_a.sql: `ALTER`: ACCESS EXCLUSIVE",
        "  note       no role was named",
        "  last       waits: an old transaction",
    ] == told(papers)[-3:]
    assert ("12 statements of the old release work on the expanded schema", "no role was named") == (
        findings(papers)[0], findings(papers)[-1],
    )  # fmt: skip
    document = schema_document(a_deployment("gate"), papers, True)
    assert (list(papers.hazards), list(papers.notes)) == (document["hazards"], document["notes"])


def test_a_program_gets_the_same():
    document = schema_document(a_deployment("gate"), PAPERS, True)
    assert ("disproven", ["003_total.contract.sql"], True) == (
        document["proofs"]["serves"]["verdict"], document["owed"], document["running"]
    )  # fmt: skip
