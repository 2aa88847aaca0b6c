"""What is where."""

from django.urls import path

from orders import views

urlpatterns = [
    path("", views.root),
    path("orders", views.orders),
    path("orders/<int:number>", views.order),
    path("payments", views.payments),
]
