"""The same kind of change with a name that nobody uses: release 2 does not notice."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Passes."""

    dependencies = [("orders", "0004_drop_total")]
    operations = [migrations.AddField("order", "note", models.TextField(db_default=""))]
