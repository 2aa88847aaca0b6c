"""`verdigris schema status`: what of the schema is carried out, proven and owed. It reads only, and no database."""

from __future__ import annotations

import typer

from verdigris.bootstrap.schemas import papers_of
from verdigris.cli.options import session_of
from verdigris.cli.show.migrating import schema_document, schema_lines
from verdigris.core.errors import Refused

__all__ = ["status"]


def status(context: typer.Context) -> None:
    """Say what of the schema is carried out, proven and owed, as the jobs of the newest deployment left it."""
    session = session_of(context)
    for app in session.house.names:
        newest = session.house.desk().newest(app)
        if newest is None:
            raise Refused(
                f"{app} was never deployed, so nobody has looked at its schema. Run `verdigris deploy`"
            )
        papers, busy = papers_of(session.house.state, newest.deployment)
        if session.voice.as_json:
            session.voice.object(
                {"type": "schema", "app": app, **schema_document(newest.deployment, papers, busy)}
            )
        else:
            session.voice.tell(schema_lines(newest.deployment, papers, busy))
