"""The application with the kit around it: version headers, deep health, leaving well, rehearsals."""

import os

from django.core.asgi import get_asgi_application

from verdigris_kit import Health, Kit, checks

KEEP_SERVING = 0.2
"""Seconds after SIGTERM: verdigris has taken the traffic away before that."""

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = Kit(
    get_asgi_application(),
    health=Health({"database": checks.django(), "schema": checks.django_migrations()}),
    keep_serving=KEEP_SERVING,
)
