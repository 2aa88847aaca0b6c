"""The edge: runs a verb and turns what comes out of it into an exit code and a sentence, never a traceback."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from verdigris.cli.exits import Exit, of_error
from verdigris.cli.session import Session
from verdigris.core.errors import VerdigrisError

__all__ = ["main", "run"]

LOG = "command.log"


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: ends the process with the verb's exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments, Session()))


def run(arguments: Sequence[str], session: Session) -> int:
    """Run one command line and return its exit code."""
    from verdigris.cli.verbs import app

    try:
        code = app(args=list(arguments), obj=session, standalone_mode=False, prog_name="verdigris")
    except VerdigrisError as error:
        return failed(session, error)
    except KeyboardInterrupt:
        return Exit.LEFT
    except BrokenPipeError:
        return closed()
    except Exception as error:
        return usage(session, error) or unexpected(session, error)
    return said(code if isinstance(code, int) else Exit.GOOD)


def said(code: int) -> int:
    """Have the last words written before the process ends, whoever still reads them."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return closed()
    return code


def failed(session: Session, error: VerdigrisError) -> Exit:
    """Something that verdigris says on purpose, and where traffic is meanwhile."""
    from verdigris.cli.show.failure import Failure, failure_lines

    code = of_error(error)
    failure = Failure(str(error), traffic=traffic(session) if code is not Exit.USAGE else "")
    document = {"type": "error", "exit": int(code), "sentence": str(error), "traffic": failure.traffic}
    session.voice.fail(failure_lines(failure, session.voice.width), document)
    if session.debug:
        print_trace()
    return code


def traffic(session: Session) -> str:
    """Where traffic was last seen; nothing where that cannot be said."""
    from verdigris.cli.show.failure import traffic_words

    try:
        return traffic_words(session.snapshot())
    except (VerdigrisError, OSError):
        return ""


def usage(session: Session, error: Exception) -> int:
    """A wrong command line; 0 when it was something else."""
    if not hasattr(error, "format_message"):
        return 0
    from verdigris.cli.show.ink import Ink, line

    message = error.format_message()
    if not message:  # no verb was typed: the help has been printed
        return Exit.USAGE
    lines = [line(("✖ ", Ink.BAD), message), line("  See ", ("verdigris --help", Ink.COMMAND))]
    session.voice.fail(lines, {"type": "error", "exit": int(Exit.USAGE), "sentence": message})
    return Exit.USAGE


def unexpected(session: Session, error: Exception) -> Exit:
    """A bug: a sentence with what to report, the traceback where it can be found."""
    from verdigris.cli.show.failure import Failure, failure_lines

    what = f"{type(error).__name__}: {error}"
    where = written(session)
    sentence = f"verdigris failed in a way that nobody foresaw ({what}). Traffic stays where it is."
    report = f"Please report it with {where}" if where else "Please report it with what --debug prints"
    lines = failure_lines(Failure(f"{sentence}\n{report}"), session.voice.width)
    session.voice.fail(lines, {"type": "error", "exit": int(Exit.ERROR), "sentence": f"{sentence} {report}"})
    if session.debug:
        print_trace()
    return Exit.ERROR


def written(session: Session) -> Path | None:
    """The traceback in a file of the state directory; None where there is no such directory to write to."""
    path = session.state / LOG
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w", errors="backslashreplace") as file:
            file.write(traceback.format_exc())
    except OSError:
        return None
    return path


def print_trace() -> None:
    """The traceback, harmless for the terminal: the message at its end may hold anybody's words."""
    from verdigris.cli.show.ink import clean

    print("\n".join(map(clean, traceback.format_exc().split("\n"))), file=sys.stderr)


def closed() -> int:
    """Whoever read us has gone, `head` for instance: nothing more can be said, and nothing is wrong."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.GOOD
