"""Settings of the project. The database is said by its URL, to an instance and to whoever migrates alike.

An instance takes the URL of its slot, with a role of its own in it: so the database tells who sends what.
"""

import os

from psycopg.conninfo import conninfo_to_dict

SLOT = os.environ.get("ENVIRONMENT_NAME", "").upper()
URL = os.environ.get(f"DATABASE_URL_{SLOT}") or os.environ["DATABASE_URL"]
PLACE = conninfo_to_dict(URL)
PARTS = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        **{key: PLACE.pop(part, "") for key, part in PARTS.items()},
        # Whoever migrates needs one connection, and gets no pool.
        "OPTIONS": {**PLACE, **({"pool": {"min_size": 2, "max_size": 8}} if SLOT else {})},
        "CONN_HEALTH_CHECKS": True,
    }
}
INSTALLED_APPS = ["orders"]
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["*"]  # the router in front knows the hosts
SECRET_KEY = os.environ.get("SECRET_KEY", "nothing is signed here")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
