"""What the public may see (publication) and what it asked (scan)."""

from server.domains.scans.published import content_of, notice_of
from server.domains.scans.recorder import Recorder, Seen
from server.domains.scans.status import LOT_KIND, Reason, Result, StatusText

__all__ = ["LOT_KIND", "Reason", "Recorder", "Result", "Seen", "StatusText", "content_of", "notice_of"]
