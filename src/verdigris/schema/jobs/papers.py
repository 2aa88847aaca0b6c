"""What the jobs of one release have come to so far: a small file that is replaced whole, so that no look sees half.

Every job holds the lock beside it for as long as it lives: who finds it locked knows that somebody is at work, and a
job that was killed has let go of it. No URL, no statement's parameter and no row is ever in it.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, TypeVar

from verdigris.core.errors import ActionError, ObservationError
from verdigris.core.world import Proven
from verdigris.schema.jobs.debts import Debt, debt_of

__all__ = ["Answer", "Desk", "Papers", "Question"]

LOCK = "lock"
OWED = ".owed"
Read = TypeVar("Read")
SENTENCE_MOST = 2000
NOTES_MOST = 20
NOTE_MOST = 500
FILE_MOST = 4 << 20
"""Bytes: more is no file of ours. Marks are the longest, one for each statement that production has counted."""


class Question(StrEnum):
    """What is proven, each before it is too late; see `core.schema`."""

    KEEPS = "keeps"
    SERVES = "serves"
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a proof came to, and the sentence that people read."""

    outcome: Proven
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Papers:
    """Of one release. `doing` is what the job at work says, or why the last one failed; `owed` are the steps that
    contract."""

    answers: dict[Question, Answer] = field(default_factory=dict)
    expanded: bool = False
    contracted: bool = False
    doing: str = ""
    owed: tuple[str, ...] = ()
    unchanged: bool = False
    """Whether the release brought no step."""
    failures: int = 0
    """How often in a row a job has failed: the next one waits the longer for it."""
    notes: tuple[str, ...] = ()
    """What else a proof has to say: what it could not see, and what is other on the shadow than in production."""
    hazards: tuple[str, ...] = ()
    """What an expand step lets users wait for, with the way that does not."""
    reshaped: bool = False
    """Whether a statement of what serves gets other result columns from the steps that were asked about last."""
    done: tuple[str, ...] = ()
    """The steps that were carried out."""
    stood: tuple[tuple[str, str, str, str], ...] = ()
    """What is to have stand-ins: a step that contracts, and a schema, a table and a column that it drops."""
    buried: tuple[int, ...] = ()
    """The numbers of the tombstones that its steps have made."""
    due: float = 0.0
    """When they are to be dropped for good, in seconds of the wall clock; 0 where that is left to the next step."""

    def outcome(self, question: Question) -> Proven:
        answer = self.answers.get(question)
        return answer.outcome if answer else Proven.OWED

    def answered(self, question: Question, answer: Answer) -> Papers:
        told = replace(answer, sentence=answer.sentence[:SENTENCE_MOST])
        return replace(self, answers={**self.answers, question: told}, doing="", failures=0)

    def noted(self, *sentences: str) -> Papers:
        """With what is worth a note, each once and none too long; what is too much is left out."""
        return replace(self, notes=bounded(*self.notes, *sentences))

    def endangered(self, *sentences: str) -> Papers:
        """With these hazards and no others."""
        return replace(self, hazards=bounded(*sentences))

    def sentence(self) -> str:
        """What is said of it: what is being done, else what the last proof came to."""
        if self.doing:
            return self.doing
        told = [answer.sentence for answer in self.answers.values() if answer.outcome is not Proven.PROVEN]
        return told[-1] if told else ""


@dataclass(frozen=True, slots=True)
class Desk:
    """The papers of one deployment, `name`, in `home`, the private directory of its app.

    A release that is deployed again is asked anew: what serves, and the schema, may be others by then. The lock is the
    app's: two deployments never work on one schema at once.
    """

    home: Path
    name: str

    def read(self) -> Papers:
        """What there is; nothing yet where no job has begun. `ObservationError` where it cannot be understood."""
        return understood(
            self._path(".json"), papers_of, Papers(), "no papers of a schema job", " to begin anew"
        )

    def marks(self, role: str) -> dict[str, str]:
        """What the role had sent before the release that has it now; nothing where nobody looked."""
        return understood(self.home / f"{role}.marks", marks_of, {}, "no list of what was sent before")

    def mark(self, role: str, marks: Mapping[str, str]) -> None:
        """From now on the role is another release's."""
        replaced(self.home / f"{role}.marks", json.dumps(dict(marks)))

    def debtors(self) -> tuple[str, ...]:
        """The roles that are owed something, of whichever release it comes."""
        return tuple(sorted(path.name.removesuffix(OWED) for path in self.home.glob(f"*{OWED}")))

    def debt(self, role: str) -> Debt:
        """What the role is owed."""
        return understood(self.home / f"{role}{OWED}", debt_of, Debt(), "no debt to a role")

    def owe(self, role: str, debt: Debt) -> None:
        """From now on that, and nothing else."""
        path = self.home / f"{role}{OWED}"
        if debt != Debt():
            replaced(path, json.dumps(asdict(debt)))
            return
        with kept(path):
            path.unlink(missing_ok=True)

    def write(self, papers: Papers) -> None:
        """Replace them, durably: what was answered is not asked again after a crash."""
        written = asdict(replace(papers, doing=papers.doing[:SENTENCE_MOST]))
        replaced(self._path(".json"), json.dumps(written, ensure_ascii=False))

    @contextmanager
    def at_work(self) -> Iterator[int]:
        """Hold the lock: its descriptor, for whoever has to hold it as well; 0 where somebody else has it."""
        with self._lock() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield 0
                return
            yield lock.fileno()

    def busy(self) -> bool:
        """Whether a job is at work. `ObservationError` where nobody knows."""
        path = self.home / LOCK
        try:
            with open(path, "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        except OSError as error:
            raise ObservationError(unkept(path, "read", error)) from error
        return False

    def _lock(self) -> IO[str]:
        with kept(self.home / LOCK):
            self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
            return open(self.home / LOCK, "w", opener=private)

    def _path(self, suffix: str) -> Path:
        return self.home / f"{self.name}{suffix}"


def bounded(*sentences: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentence[:NOTE_MOST] for sentence in sentences))[:NOTES_MOST]


def understood(path: Path, meaning: Callable[[Any], Read], nothing: Read, what: str, then: str = "") -> Read:
    """What a file of ours says, `nothing` where there is none."""
    try:
        if path.stat().st_size > FILE_MOST:
            raise ValueError("it is too large")
        return meaning(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return nothing
    except OSError as error:
        raise ObservationError(unkept(path, "read", error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ObservationError(f"{path} is {what} ({error}). Remove it{then}") from error


def replaced(whole: Path, text: str) -> None:
    """Whole or not at all. `ActionError` where it cannot be."""
    part = whole.with_name(f"{whole.name}.{threading.get_ident()}.part")
    with kept(whole):
        with open(part, "w", encoding="utf-8", opener=private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, whole)


@contextmanager
def kept(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ActionError(unkept(path, "written", error)) from error


def unkept(path: Path, deed: str, error: OSError) -> str:
    """Where somebody ran a job as root, what it left is root's."""
    if isinstance(error, PermissionError):
        why = f"{path} cannot be {deed} ({error.strerror}): another user may have run a job of the schema"
        return f"{why}. Give what is in {path.parent} to the user that verdigris runs as: chown -R"
    return f"{path} cannot be {deed} ({error.strerror}): see that it can, and it goes on by itself"


def private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def papers_of(read: Any) -> Papers:
    answers = {
        Question(name): Answer(Proven(answer["outcome"]), str(answer["sentence"])[:SENTENCE_MOST])
        for name, answer in read["answers"].items()
    }
    flags = {name: read[name] for name in ("expanded", "contracted", "unchanged")}
    flags["reshaped"] = read.get("reshaped", False)  # papers of before have none
    if not all(isinstance(flag, bool) for flag in flags.values()):
        raise TypeError(f"{', '.join(flags)} are true or false")
    owed, done, notes, hazards = (
        tuple(map(str, read.get(name, ()))) for name in ("owed", "done", "notes", "hazards")
    )
    stood = tuple((str(a), str(b), str(c), str(d)) for a, b, c, d in read.get("stood", ()))
    return Papers(
        answers, doing=str(read["doing"]), owed=owed, failures=int(read["failures"]), notes=notes, hazards=hazards,
        stood=stood, done=done, due=float(read.get("due", 0.0)),
        buried=tuple(map(int, read.get("buried", ()))), **flags,
    )  # fmt: skip


def marks_of(read: Any) -> dict[str, str]:
    return {str(key): str(mark) for key, mark in read.items()}
