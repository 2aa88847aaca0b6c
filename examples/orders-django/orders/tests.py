"""What the API promises; and with `STATEMENTS=statements.jsonl`, what it sends to the database, for the proof.

Noted is what the requests of these tests send, with their made-up values: not how the test database is made.
"""

import os
from pathlib import Path

from django.test import SimpleTestCase

from verdigris_kit.statements import Statements

LINES = []


def setUpModule():
    """By now the test database is there."""
    Statements(LINES.append, parameters="values", always=True).django()


def tearDownModule():
    """It still is."""
    if "STATEMENTS" in os.environ:
        Path(os.environ["STATEMENTS"]).write_text("".join(f"{line}\n" for line in LINES))


class Api(SimpleTestCase):
    """Outside of transactions, as requests are."""

    databases = {"default"}

    def test_an_order_is_taken_and_found(self):
        taken = self.client.post("/orders", {"item": "tea", "total": 7}, "application/json")
        self.assertEqual((201, 7), (taken.status_code, taken.json()["total"]))
        self.assertEqual(taken.json(), self.client.get(f"/orders/{taken.json()['id']}").json())
        self.assertIn(taken.json(), self.client.get("/orders").json()["orders"])

    def test_what_is_no_order_is_refused(self):
        self.assertEqual(422, self.client.post("/orders", {"item": "tea"}, "application/json").status_code)

    def test_payments_are_added_up(self):
        self.assertEqual({"paid": {}}, self.client.get("/payments").json())
