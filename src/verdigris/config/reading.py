"""A parsed document becomes settings, or one error that names everything wrong with it, line by line.

First the single keys (the models), then what they have to do with each other (the checks), then the values.
"""

from __future__ import annotations

from pydantic import ValidationError

from verdigris.config.checks import check, same_door
from verdigris.config.complaints import complaints
from verdigris.config.document import Complaint, Document, Key
from verdigris.config.models import App, Apps, Service
from verdigris.config.settings import Settings
from verdigris.config.values import settings_of

__all__ = ["settings_in"]

EMPTY = "must hold keys and values. `verdigris init` writes a file to begin with"


def settings_in(document: Document, directory: str) -> tuple[Settings, ...]:
    """The settings of each app of the document. Raises `ConfigError`."""
    services = _services(document)
    found = [
        Complaint((*key, *complaint.key), complaint.sentence)
        for key, _, service in services
        for complaint in check(service)
    ]
    found += same_door({name: service for _, name, service in services})
    if found:
        raise document.error(found)
    return tuple(settings_of(name, service, directory) for _, name, service in services)


def _services(document: Document) -> list[tuple[Key, str, Service]]:
    """Each app's place in the document, its name, and what it says."""
    if not isinstance(document.value, dict):
        raise document.error([Complaint((), EMPTY)])
    root = Apps if "apps" in document.value else App
    try:
        model = root.model_validate(document.value)
    except ValidationError as error:
        raise document.error(list(complaints(error, root))) from None
    if isinstance(model, App):
        return [((), model.app, model)]
    return [(("apps", name), name, service) for name, service in model.apps.items()]
