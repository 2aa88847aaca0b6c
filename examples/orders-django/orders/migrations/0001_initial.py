"""Release 1."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """What release 1 begins with."""

    initial = True
    operations = [
        migrations.CreateModel(
            "Order",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("item", models.CharField(max_length=80)),
                ("total", models.IntegerField()),
                ("made_by", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            "Payment",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("order", models.ForeignKey("orders.order", models.CASCADE)),
                ("paid", models.IntegerField()),
            ],
        ),
    ]
