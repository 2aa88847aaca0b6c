"""Whether somebody may change the schema by hand, beside what deployments do to it.

While a deployment runs its own jobs move the schema, and until its way back is given up the release before it may come
back: nothing that release needs is taken away, and nothing is added of which nobody knows whether it works on it.
"""

from __future__ import annotations

from verdigris.core.deployment import Deployment
from verdigris.core.lifecycle import ENDINGS, ROWS

__all__ = ["in_the_way"]


def in_the_way(d: Deployment | None) -> str:
    """Why the schema is to be left alone now, "" where it is not. `d` is the newest deployment, None for none."""
    if d is None or d.phase in ENDINGS - {"stuck"}:
        return ""
    what = f"{d.id} ({d.release.version}) is in {d.phase}"
    if d.phase == "stuck":
        return f"{what}, and nobody knows which release stays. See `verdigris explain`"
    if d.previous is not None and ROWS[d.phase].reversible:
        return (
            f"{what} and can still be taken back to {d.previous.version}, which needs the schema as it is. "
            "Wait until it has ended: `verdigris watch`"
        )
    return f"{what}, and its own jobs move the schema. Wait until it has ended: `verdigris watch`"
