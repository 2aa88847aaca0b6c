"""What people see: pure functions from a snapshot and the event log to lines. Nothing here reads, waits or prints."""
