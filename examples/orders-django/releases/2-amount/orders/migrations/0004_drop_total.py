"""`total` goes, and the trigger with it."""

from django.db import migrations


class Migration(migrations.Migration):
    """Runs when release 1 is gone, and what release 2 sends was proven without `total`."""

    verdigris = "contract"
    dependencies = [("orders", "0003_fill_amount")]
    operations = [migrations.RemoveField("order", "total")]
