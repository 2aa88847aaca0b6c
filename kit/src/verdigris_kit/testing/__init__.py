"""What an application's own tests need to show that two of its versions can serve the same users."""

from .crossing import Answer, Ask, Visitor, back_and_forth

__all__ = ["Answer", "Ask", "Visitor", "back_and_forth"]
