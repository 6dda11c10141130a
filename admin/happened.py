"""When something took place, as a page is told it."""

from datetime import datetime

from server.core.clock import lies_ahead
from server.core.errors import FieldError, Invalid


def assert_happened(at: datetime | None, field: str = "at") -> None:
    """Raises Invalid, naming the field, for a time that lies ahead."""
    if at is not None and lies_ahead(at):
        raise Invalid([FieldError(field, "happens_in_future", {"at": at})])
