"""Whether the schema is somebody's of whom nothing is known here: a state directory that was mistyped, or another's.

The database's own journal says which apps have changed it; of an app that is ours the state directory has papers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.core.errors import Refused

if TYPE_CHECKING:
    from verdigris.cli.schema.orders import Work

__all__ = ["claimed", "refuse_strangers"]


def claimed(work: Work) -> None:
    """Refused for a stranger's schema unless an app was typed; and what was noted without an app is that app's."""
    from verdigris.schema.jobs.release import tool_of
    from verdigris.schema.tools.scripts import Scripts

    if work.app:
        tool = tool_of(work.order, lambda _: None)
        if isinstance(tool, Scripts):
            tool.adopt(work.url)
        return
    if work.assumed:
        refuse_strangers(work.url, Path(work.order.home), work.state)


def refuse_strangers(url: str, home: Path, state: str) -> None:
    """Refused where SQL files were carried out for an app of which the state directory knows nothing."""
    from verdigris.schema.running import journal
    from verdigris.schema.running.session import connecting

    with connecting(url)() as connection:
        apps = journal.apps(connection)
    strangers = [app for app in apps if not known(home.parent / app)]
    if strangers:
        app = strangers[0]
        raise Refused(
            f"the database has been changed for the app {app}, and {state} knows nothing of it: a deployment "
            "of it may be under way elsewhere. Name its state directory with --state; or, if none is, type --app with "
            "the app that this is for"
        )


def known(home: Path) -> bool:
    """Whether somebody has carried something out for this app from here."""
    return any(home.glob("*.json"))
