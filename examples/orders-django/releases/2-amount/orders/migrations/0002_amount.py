"""`amount` beside `total`: wide enough for both releases, with a trigger of verdigris that keeps the two alike."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Runs while release 1 serves. Nothing that it sends fails on this schema."""

    verdigris = "expand"
    verdigris_sync = "orders_order total amount"
    dependencies = [("orders", "0001_initial")]
    operations = [
        migrations.AddField("order", "amount", models.IntegerField(null=True)),
        # Release 2 leaves it out.
        migrations.AlterField("order", "total", models.IntegerField(null=True)),
    ]
