"""The three proofs of a deployment: on a shadow of production as it is now, with what both releases send.

Production is read and never written. Whatever is found is an answer; what could not be tried at all is an error, and
asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from verdigris.core.errors import ConfigError, Refused, VerdigrisError
from verdigris.core.world import Proven, Slot
from verdigris.schema.finding import Cell, Finding, Outcome, Stage, Version
from verdigris.schema.jobs.hazards import found
from verdigris.schema.jobs.hazards import told as long
from verdigris.schema.jobs.ledgers import copied
from verdigris.schema.jobs.order import Order
from verdigris.schema.jobs.papers import Answer, Papers, Question
from verdigris.schema.jobs.release import mark, role_name, sent, tool_of
from verdigris.schema.jobs.shapes import RECYCLED, REFUSED, reshaped, weighed
from verdigris.schema.jobs.steps import Walk, walked
from verdigris.schema.proof.applied import NOWHERE, Way, way_of
from verdigris.schema.proof.matrix import NOT_NEW, Schemas, prove
from verdigris.schema.running.sessions import ended_by
from verdigris.schema.running.tombstone import unfinished
from verdigris.schema.shadow.base import load
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.dump import dump
from verdigris.schema.shadow.embedded import embedded
from verdigris.schema.shadow.given import given
from verdigris.schema.shadow.production import Production, look, reading, sizes
from verdigris.schema.shadow.roles import act, role_of
from verdigris.schema.shadow.server import Server
from verdigris.schema.statement import Statement
from verdigris.schema.tools.scripts import Scripts
from verdigris.schema.tools.standing import stood
from verdigris.schema.tools.tool import Step

__all__ = ["Proving", "told"]

NOTHING = "this release changes nothing of the schema"
FIRST = "nobody serves yet, so nothing can be broken"
NOBODY = (
    "what serves gets other result columns, and schema.shapes: recycled ends the sessions of its role, which nobody "
    "knows: name the application's role in schema.role and deploy from here first; or set schema.shapes: allowed, and "
    "start its instances anew afterwards"
)
STEPS_MOST = 30
"""Steps of another tool than ours that are looked after one by one: each takes seconds."""
STATEMENT_MOST = 200
"""Characters of a statement that a sentence shows."""
OUTCOMES = {
    Outcome.PROVEN: Proven.PROVEN,
    Outcome.UNPROVEN: Proven.UNPROVEN,
    Outcome.DISPROVEN: Proven.DISPROVEN,
}


@dataclass
class Proving:
    """One job: `url` is production, `shadow` a server that was given, "" for one of our own."""

    order: Order
    url: str
    shadow: str
    tell: Callable[[str], None]
    marks: bool = True
    """Whether it is noted what the candidate's role had sent before: not by somebody who deploys nothing."""
    notes: tuple[str, ...] = field(default=(), init=False)
    """What is other on the shadow than in production."""

    def answered(self, papers: Papers) -> Papers:
        """The papers with the answer that was asked for."""
        question = self.order.question
        if question in papers.answers:
            return papers
        try:
            return self.ask(question, papers)
        except (ConfigError, Refused) as error:
            # A migration that cannot run, or must not, breaks what waits for it: asking again would change nothing.
            return papers.noted(*self.notes).answered(question, Answer(Proven.DISPROVEN, str(error)))

    def ask(self, question: Question, papers: Papers) -> Papers:
        steps = tool_of(self.order, self.tell).pending(self.url)
        if question is Question.KEEPS:
            # Of whoever had this slot before. He may go on in it for a while, so it is marked once more below.
            self.refuse_unfinished()
            if self.marks:
                mark(self.order, self.url)
            if not self.order.previous:
                # Nobody has to be kept working, so whatever a history does, it does before anybody is served.
                papers = replace(papers, expanded=not steps, contracted=True)
                return papers.answered(question, Answer(Proven.PROVEN, FIRST))
            if not steps:
                papers = replace(papers, expanded=True, contracted=True, unchanged=True)
                return papers.answered(question, Answer(Proven.PROVEN, NOTHING))
        with self.walk(question, steps) as (server, walk):
            cell, notes = self.prove(question, server, walk)
            papers, answer = noted(papers, walk).noted(*self.notes, *notes), told(cell)
            if question is not Question.SERVES:
                papers, answer = self.shaped(question, papers, answer, cell)
                before, its = (
                    (walk.base, walk.expand) if question is Question.KEEPS else (walk.expanded, walk.contract)
                )
                papers, answer = self.locked(papers, answer, server, before, its)
            if question is Question.CONTRACTS:
                papers = self.stood(papers, server, walk)
            if papers.unchanged and answer.outcome is Proven.UNPROVEN:
                # It is asked no more of a release that brings no change than of one without a schema.
                answer = Answer(Proven.PROVEN, NOTHING)
            papers = papers.answered(question, answer)
        if question is Question.SERVES and self.marks:
            # The cutover comes next: what the contract is proven with is what was sent since. Killed before the papers
            # are written it is asked again, with all that was sent; killed after it, the contract is proven with more.
            mark(self.order, self.url, papers)
        return papers

    def refuse_unfinished(self) -> None:
        """A release that finds a stand-in where it looks for a column would be proven by it, and serve nothing."""
        with reading(self.url) as connection:
            if found := unfinished(connection):
                raise Refused(
                    f"{', '.join(map(str, found))}: a contract was to drop it and has not come to its end, so "
                    "something empty stands in its place. `verdigris schema contract` goes on, "
                    "`verdigris schema restore` gives it back"
                )

    def prove(self, question: Question, server: Server, walk: Walk) -> tuple[Cell, tuple[str, ...]]:
        """The cell that answers, and what is to be said of the whole proof."""
        if question is Question.KEEPS:
            schemas = Schemas(walk.base, walk.expanded, expand=self.way(walk.expand))
            where, old, new = (Version.OLD, Stage.EXPANDED), self.sent(Version.OLD), None
        elif question is Question.SERVES:
            schemas = Schemas(walk.base, walk.expanded)
            where, old, new = (Version.NEW, Stage.EXPANDED), [], self.sent(Version.NEW)
        else:
            schemas = Schemas(walk.base, walk.expanded, walk.contracted, contract=self.way(walk.contract))
            where, old, new = (Version.NEW, Stage.CONTRACTED), [], self.sent(Version.NEW)
        proof = prove(server, schemas, old, new, role=walk.base.role, tell=self.tell)
        cell = next((cell for cell in proof.cells if (cell.version, cell.stage) == where), Cell(*where))
        return cell, tuple(note for note in (*proof.notes, *cell.notes) if note != NOT_NEW)

    def shaped(self, question: Question, papers: Papers, answer: Answer, cell: Cell) -> tuple[Papers, Answer]:
        """Steps that break nothing may give what serves other results all the same."""
        shapes, changed = self.order.plan.shapes, bool(reshaped(cell))
        answer, notes = weighed(answer, cell, shapes)
        if changed and shapes == RECYCLED:
            slot = Slot(self.order.slot)
            role = role_name(self.order, slot.other if question is Question.KEEPS else slot)
            if not role:
                raise Refused(NOBODY)
            ended_by(self.url, role)
        return replace(papers.noted(*notes), reshaped=changed), answer

    def locked(
        self, papers: Papers, answer: Answer, server: Server, base: Database, steps: Sequence[Step]
    ) -> tuple[Papers, Answer]:
        """Nor does a lock break anything, and users wait for it."""
        if not steps:
            return papers, answer
        its = found(server, base, tool_of(self.order, self.tell), steps, sizes(self.url), self.tell)
        if self.order.plan.hazards == REFUSED and answer.outcome is not Proven.DISPROVEN:
            if why := long(its.hazards):
                answer = Answer(Proven.DISPROVEN, why)
            elif its.doubt and answer.outcome is Proven.PROVEN:
                answer = Answer(Proven.UNPROVEN, its.doubt)
        return papers.noted(*its.notes).endangered(*map(str, its.hazards)), answer

    def stood(self, papers: Papers, server: Server, walk: Walk) -> Papers:
        """What another tool than ours is to drop, where something empty can stand in for it."""
        tool = tool_of(self.order, self.tell)
        if isinstance(tool, Scripts):
            return papers
        found, notes = stood(server, walk.expanded, tool, walk.contract, walk.drops, self.tell)
        rows = [
            (step, drop.table.schema, drop.table.name, drop.column) for step in found for drop in found[step]
        ]
        # In front of all others, whatever else is to be said: it is the last chance to keep it.
        return replace(papers.endangered(*notes, *papers.hazards), stood=tuple(rows))

    def way(self, steps: Sequence[Step]) -> Way:
        """The steps once more, to find what breaks: in files the statement, of another tool the step."""
        tool = tool_of(self.order, self.tell)
        if isinstance(tool, Scripts):
            return way_of([tool.script(step) for step in steps])

        def go(database: Database) -> Iterator[tuple[str, str]]:
            # Only found out, and proven before: where it fails now nobody knows more than that.
            with suppress(VerdigrisError):
                for step in steps:
                    self.tell(f"{step}: is it the one that breaks something?")
                    tool.run(database.url(), step)
                    yield str(step), str(step)

        return Way(len(steps), go) if len(steps) <= STEPS_MOST else NOWHERE

    def sent(self, version: Version) -> list[Statement]:
        statements, notes = sent(self.order, self.url, version)
        self.notes += notes
        return statements

    @contextmanager
    def walk(self, question: Question, steps: Sequence[Step]) -> Iterator[tuple[Server, Walk]]:
        """The shadow of production, and the steps walked there."""
        production = look(self.url)
        with self.server(production) as server:
            base = server.create()
            base = self.acting(base, question)
            self.tell("the schema of production is copied to the shadow")
            self.notes += load(base, dump(self.url, production.major), "production")
            copied(self.url, base)
            with walked(server, base, tool_of(self.order, self.tell), steps, self.tell) as walk:
                yield server, walk

    def acting(self, base: Database, question: Question) -> Database:
        """As whom it is tried: as the role of the slot whose statements they are."""
        slot = Slot(self.order.slot)
        name = role_name(self.order, slot.other if question is Question.KEEPS else slot)
        if not name:
            return base
        role = role_of(self.url, name)
        if role is None:
            raise ConfigError(f"there is no role {name} in production: `verdigris schema role` makes it")
        base, notes = act(base, role)
        self.notes += notes
        return base

    @contextmanager
    def server(self, production: Production) -> Iterator[Server]:
        if self.shadow:
            with given(self.shadow, production) as server:
                yield server
        else:
            with embedded(like=production) as server:
                yield server


def noted(papers: Papers, walk: Walk) -> Papers:
    """What is left to be carried out."""
    owed = tuple(map(str, walk.contract))
    return replace(papers, expanded=not walk.expand, contracted=not walk.contract, owed=owed)


def told(cell: Cell) -> Answer:
    """The answer of one cell, with the first statement that would fail."""
    bad = [finding for finding in cell.findings if finding.outcome is cell.outcome]
    return Answer(OUTCOMES[cell.outcome], sentence(cell, bad))


def sentence(cell: Cell, found: Sequence[Finding]) -> str:
    total, of = len(cell.findings), f"of the {cell.version} release"
    schema = f"on the {cell.stage} schema"
    if cell.outcome is Outcome.PROVEN:
        work = "1 statement" if total == 1 else f"{total} statements"
        return f"{work} {of} {'works' if total == 1 else 'work'} {schema}"
    if not found:
        return f"nobody knows what is sent by the {cell.version} release, so nothing of it is proven {schema}"
    verb = "fail" if cell.outcome is Outcome.DISPROVEN else "are not proven"
    return f"{len(found)} of {total} statements {of} {verb} {schema}: {example(found[0])}"


def example(finding: Finding) -> str:
    """One that fails, where it begins to, and how the server says it."""
    text = " ".join(finding.statement.sql.split())[:STATEMENT_MOST]
    at = f"{finding.step} breaks " if finding.step else ""
    return f"{at}`{text}`: {finding.sqlstate} {finding.message}".strip()
