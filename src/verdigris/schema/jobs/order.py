"""What a job is told: one line of JSON on its standard input. URLs are in its environment, never in an argument."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from verdigris.core.errors import ConfigError
from verdigris.schema.jobs.papers import Desk, Question

__all__ = ["DATABASE_URL", "SHADOW_URL", "TOOL", "Deed", "Order", "Plan", "order_of"]

DATABASE_URL, SHADOW_URL = "VERDIGRIS_SCHEMA_DATABASE", "VERDIGRIS_SCHEMA_SHADOW"
"""The variables in which a job finds production, and the shadow if it is not to be one of our own."""
TOOL = "VERDIGRIS_SCHEMA_TOOL_"
"""Before the name of a variable that a job hands on to the user's tool, and has no use for itself: `Plan.environ`."""
ORDER_MOST = 64 << 10


class Deed(StrEnum):
    """What a job is to do."""

    PROVE = "prove"
    EXPAND = "expand"
    CONTRACT = "contract"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Plan:
    """What verdigris.yaml says of the schema of an `app`; see `config.SchemaSettings`."""

    tool: str
    directory: str = "migrations"
    command: tuple[str, ...] = ()
    url_env: str = "DATABASE_URL"
    role: str = ""
    statements: str = ""
    shapes: str = "refused"
    hazards: str = "refused"
    besides: str = ""
    """A file of what is sent besides: whoever changes a schema by hand may know more."""
    app: str = ""
    environ: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """The application's own variables, for a tool that is a part of it: secrets, and in no text of an order."""
    lock: int = 0
    """The descriptor of the app's lock, 0 for none: the tool holds it as well, so that nobody begins beside it though
    the job was killed."""


@dataclass(frozen=True, slots=True)
class Order:
    """`candidate` and `previous` are the directories of releases, "" for none. `slot` is the candidate's.

    `question` is what is to be proven, where that is the deed. `name` is that of the papers in `home`.
    """

    deed: Deed
    plan: Plan
    home: str
    name: str
    candidate: str
    previous: str
    slot: str
    question: Question = Question.KEEPS

    def desk(self) -> Desk:
        return Desk(Path(self.home), self.name)

    def text(self) -> str:
        return json.dumps(asdict(replace(self, plan=replace(self.plan, environ=(), lock=0))))


def order_of(text: str) -> Order:
    """The order; a ConfigError where it is none."""
    try:
        if len(text) > ORDER_MOST:
            raise ValueError("it is too long")
        read = json.loads(text)
        plan = read.pop("plan")
        command = tuple(map(str, plan.pop("command")))
        for name in ("environ", "lock"):
            plan.pop(name, None)
        deed, question = Deed(read.pop("deed")), Question(read.pop("question"))
        return Order(deed, Plan(command=command, **plan), question=question, **read)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"a job of the schema was given no order that it understands: {error}") from error
