"""Which statements of a migration run in one transaction: as its text says, else as the tools of migrations do.

A file without BEGIN is one transaction, as Alembic, Django, Flyway and others make it; one that asks to be alone, or
holds what cannot run in a transaction, is one for each statement. Nothing is run here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from verdigris.schema import parsing
from verdigris.schema.grammar import Tree, trees, walk
from verdigris.schema.script import Script
from verdigris.schema.trace.deeds import bounded, wide

__all__ = ["Step", "steps"]

ENDS = frozenset({"COMMIT", "ROLLBACK", "PREPARE"})
INSIDE_ONLY = frozenset({"SAVEPOINT", "RELEASE", "ROLLBACK_TO"})
TOGETHER = frozenset({"DeclareCursorStmt", "FetchStmt", "ConstraintsSetStmt"})
"""Statements that mean something only where others of their transaction are still to come or still seen."""
LOCAL_SETTING = re.compile(r"\bset_config\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """One statement. `word` is BEGIN, COMMIT, SAVEPOINT and their like; "" for all others.

    `alone` is why it cannot run in a transaction, "" where it can. `local` is a setting that ends with the transaction.
    `together` is whether its transaction means something only as a whole: then it is run as a whole. `bounded` is
    whether a LIMIT in it says how many rows it takes, `wide` whether it changes rows without saying which.
    """

    sql: str
    transaction: int = 0
    word: str = ""
    alone: str = ""
    local: bool = False
    together: bool = False
    bounded: bool = False
    wide: bool = False

    @property
    def control(self) -> bool:
        """Whether it begins or ends a transaction: such a statement is followed, and not sent."""
        return bool(self.word) and self.word not in INSIDE_ONLY


def steps(script: Script, major: int = 15) -> tuple[Step, ...]:
    """The statements with their transactions. Raises `ConfigError` for what is no SQL, with the statement's number."""
    looked = [step_of(sql, major) for sql in script.statements]
    numbered = list(number(looked, each=separate(script, looked)))
    whole = {step.transaction for step in numbered if step.together}
    return tuple(replace(step, together=step.transaction in whole) for step in numbered)


def separate(script: Script, looked: list[Step]) -> bool:
    """Whether every statement that stands outside BEGIN … COMMIT is a transaction of its own."""
    return script.alone or any(step.alone or step.word == "BEGIN" for step in looked)


def number(looked: list[Step], each: bool) -> Iterator[Step]:
    """Count the transactions as they begin and end."""
    now, inside = 0, not each
    for step in looked:
        if step.word == "BEGIN" and not inside:
            now, inside = now + 1, True
        yield replace(step, transaction=now)
        if step.word in ENDS or not inside:
            now, inside = now + 1, not each


def step_of(sql: str, major: int) -> Step:
    """What can be said of a statement without the others."""
    every = [one for tree in trees(sql) for one in walk(tree)]
    name, node = every[0] if every else ("", {})
    word = control(name, node)
    return Step(
        sql,
        word=word,
        alone=parsing.alone(sql, major),
        local=name == "VariableSetStmt" and bool(node.get("is_local")),
        together=name in TOGETHER or word in {"ROLLBACK", *INSIDE_ONLY} or later(name, node, sql),
        bounded=bounded(every, sql),
        wide=wide(every),
    )


def later(name: str, node: Tree, sql: str) -> bool:
    """Whether what it makes is gone, or not to be used yet, when its transaction ends or goes on."""
    if name == "AlterEnumStmt":
        return "newVal" in node and "oldVal" not in node
    if name == "SelectStmt":
        return bool(LOCAL_SETTING.search(sql))
    target = node if name == "CreateStmt" else node.get("into", {}) if name == "CreateTableAsStmt" else {}
    return target.get("oncommit", target.get("onCommit", "ONCOMMIT_NOOP")) != "ONCOMMIT_NOOP"


def control(name: str, node: Tree) -> str:
    """BEGIN, COMMIT, ROLLBACK, SAVEPOINT …; "" for what is none of them."""
    if name != "TransactionStmt":
        return ""
    word = str(node.get("kind", "TRANS_STMT_BEGIN")).removeprefix("TRANS_STMT_")
    return "BEGIN" if word == "START" else word
