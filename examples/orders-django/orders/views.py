"""The API. What it refuses is a status and a sentence."""

import json
import os

from django.db import connection, transaction
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from verdigris_kit.rehearsal import rehearsing

from .models import PAID, Order

VERSION = os.environ.get("API_VERSION", "")
PAGE = 20


@require_GET
def root(request):
    """Who is answering."""
    return JsonResponse({"name": "orders", "version": VERSION})


def orders(request):
    """The newest ones, or one more."""
    if request.method == "POST":
        return taken(request)
    newest = Order.objects.order_by("-id")[:PAGE]
    return JsonResponse({"orders": [order.document() for order in newest]})


@require_GET
def order(request, number):
    """One of them."""
    return JsonResponse(get_object_or_404(Order, pk=number).document())


@require_GET
def payments(request):
    """What was paid for each item."""
    with connection.cursor() as cursor:
        cursor.execute(PAID)
        return JsonResponse({"paid": dict(cursor.fetchall())})


def taken(request):
    """An order that is taken goes all the way; in a rehearsal it is taken back."""
    try:
        document = json.loads(request.body)
        item, total = str(document["item"])[:80], int(document["total"])
    except (ValueError, TypeError, KeyError):
        return JsonResponse({"error": 'an order is an object like {"item": "tea", "total": 7}'}, status=422)
    with transaction.atomic():
        made = Order.of(item, total, VERSION)
        made.save()
        transaction.set_rollback(rehearsing())
    return JsonResponse(made.document(), status=201)
