"""A site of Django whose app `shop` stands beside it: python django_site.py PORT. Its database is at DATABASE_PORT."""

import os
import sys
from wsgiref.simple_server import make_server

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

from verdigris_kit import Health, checks

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "postgres",
            "HOST": "127.0.0.1",
            "PORT": os.environ["DATABASE_PORT"],
            "OPTIONS": {"connect_timeout": 2},
        }
    },
    INSTALLED_APPS=["shop"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="x",
)


def migrate(request):
    call_command("migrate", "shop", request.GET["to"], verbosity=0)
    return HttpResponse("done")


health = Health(
    {"database": checks.django(), "schema": checks.django_migrations()}, within=4.0, fresh_for=0, details=True
)
urlpatterns = [path("health", health.django_view), path("migrate", migrate)]

if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application()).serve_forever()
