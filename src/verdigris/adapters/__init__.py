"""What verdigris works with: routers, environments, signals, stores and notifiers. None of them knows another."""
