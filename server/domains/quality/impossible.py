"""The word this domain uses for a value that is refused."""

from server.core.impossible import ImpossibleValue

__all__ = ["ImpossibleValue"]
