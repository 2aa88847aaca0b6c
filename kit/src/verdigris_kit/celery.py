"""A scheduler for Celery beat that sends tasks only where this process is live.

`celery -A shop beat --scheduler verdigris_kit.celery:LiveScheduler`. Celery is imported when the class is asked for.
"""

from typing import Any

from .role import LOOKS_EVERY, role

__all__ = ["LiveScheduler", "live"]  # noqa: F822 - the class is made when it is asked for


def live(scheduler: Any) -> Any:
    """Return a subclass of a scheduler of Celery beat that sends nothing where this process is not live.

    Whatever fell due before it became live was the other slot's, and is not made up for.
    """

    class Live(scheduler):  # type: ignore[misc]
        """Beats only where the process is live."""

        _was_live = False

        def tick(self, *args: Any, **kwargs: Any) -> Any:
            """Send what is due, and return the seconds until the next look."""
            if role() != "live":
                self._was_live = False
                return LOOKS_EVERY
            if not self._was_live:
                self._was_live = True
                self._forget_the_past()
            # Not longer: who sleeps until the next task would send it after the role has gone to the other slot.
            return min(super().tick(*args, **kwargs), LOOKS_EVERY)

        def _forget_the_past(self) -> None:
            for entry in self.schedule.values():
                entry.last_run_at = self.app.now()
            self._heap = None  # the order in which they fall due is another one now

    return Live


def __getattr__(name: str) -> Any:
    if name != "LiveScheduler":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from celery.beat import PersistentScheduler

    made = globals()[name] = live(PersistentScheduler)
    made.__name__ = made.__qualname__ = name
    return made
