"""A parsed document becomes settings, or one error that names everything wrong with it, line by line.

First the single keys (the models), then what they have to do with each other (the checks), then the values.
"""

from __future__ import annotations

from pydantic import ValidationError

from verdigris.config.checks import check
from verdigris.config.complaints import complaints
from verdigris.config.document import Complaint, Document
from verdigris.config.doors import Claimant, doors
from verdigris.config.models import App, Apps
from verdigris.config.settings import Settings
from verdigris.config.values import settings_of

__all__ = ["settings_in"]

EMPTY = "must hold keys and values. `verdigris init` writes a file to begin with"


def settings_in(document: Document, directory: str) -> tuple[Settings, ...]:
    """The settings of each app of the document. Raises `ConfigError`."""
    apps = _apps(document)
    found = [
        Complaint((*app.key, *complaint.key), complaint.sentence)
        for app in apps
        for complaint in check(app.service)
    ]
    found += doors(apps, lambda key: document.places[document.standing(key)].line)
    if found:
        raise document.error(found)
    return tuple(settings_of(app.app, app.service, directory) for app in apps)


def _apps(document: Document) -> list[Claimant]:
    """Each app with its place in the document."""
    if not isinstance(document.value, dict):
        raise document.error([Complaint((), EMPTY)])
    root = Apps if "apps" in document.value else App
    try:
        model = root.model_validate(document.value)
    except ValidationError as error:
        raise document.error(list(complaints(error, root))) from None
    if isinstance(model, App):
        return [Claimant((), model.app, model)]
    return [Claimant(("apps", name), name, service) for name, service in model.apps.items()]
