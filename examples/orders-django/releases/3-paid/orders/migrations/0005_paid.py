"""A column that looks harmless: it may be left out, and it takes a millisecond.

What release 2 sends for `GET /payments` says `sum(paid)`, which is ambiguous from then on. Release 3 itself says it
well, and all of its tests pass. It is refused.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Would break release 2 while that serves."""

    dependencies = [("orders", "0004_drop_total")]
    operations = [migrations.AddField("order", "paid", models.BooleanField(null=True))]
