"""Rows from before the trigger, a thousand at a time: none is locked for longer than its batch takes."""

from django.db import migrations
from django.db.models import F

ROWS = 1000


def fill(apps, editor):
    """Begun anew after a kill, it goes on with what is left."""
    orders = apps.get_model("orders", "Order").objects.using(editor.connection.alias)
    empty = orders.filter(amount__isnull=True, total__isnull=False).order_by("id")
    while numbers := list(empty.values_list("id", flat=True)[:ROWS]):
        orders.filter(id__in=numbers, amount__isnull=True).update(amount=F("total"))


class Migration(migrations.Migration):
    """Runs behind the trigger, while release 1 serves."""

    verdigris = "backfill"
    atomic = False  # each batch is a transaction of its own
    dependencies = [("orders", "0002_amount")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
