"""Orders as release 4 has them. The API says `total` in every release; here is how the column is called."""

from django.db import models

PAID = """
    SELECT item, sum(paid) FROM orders_order JOIN orders_payment ON order_id = orders_order.id
    GROUP BY item ORDER BY item
"""


class Order(models.Model):
    """What somebody wants. `made_by` is the version that took it."""

    item = models.CharField(max_length=80)
    amount = models.IntegerField(null=True)  # release 1 did not know it
    made_by = models.CharField(max_length=40)
    note = models.TextField(db_default="")

    @classmethod
    def of(cls, item, total, made_by):
        """One that is not saved yet."""
        return cls(item=item, amount=total, made_by=made_by)

    def document(self):
        """As the API shows it."""
        return {"id": self.id, "item": self.item, "total": self.amount, "made_by": self.made_by}


class Payment(models.Model):
    """What was paid for an order."""

    order = models.ForeignKey(Order, models.CASCADE)
    paid = models.IntegerField()
