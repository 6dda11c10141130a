"""What the public may see (publication) and what it asked (scan)."""

from server.domains.scans import complaints, content
from server.domains.scans.cities import City, cities
from server.domains.scans.events import on_lot_released, on_record_corrected
from server.domains.scans.identity import IdentityBroken
from server.domains.scans.labels import Recognised, contradicts_itself, recognised
from server.domains.scans.published import OfLot, content_of, file_of, internal_owner, newest_of, notice_of, version_of
from server.domains.scans.publishing import (
    ChronologyBroken,
    Published,
    as_next_version,
    newest,
    preview_lot,
    preview_shipment,
    publish_corrected,
    publish_lot,
    publish_released,
    publish_shipment,
    versions,
)
from server.domains.scans.queries import SAME_ANSWER
from server.domains.scans.reading import scans_of
from server.domains.scans.recall_lookup import Finding, Recalled, RecallQuery, look_for_recalls
from server.domains.scans.recall_lookup import Outcome as RecallOutcome
from server.domains.scans.recorder import Recorder, Seen
from server.domains.scans.status import LOT_KIND, Reason, Result, StatusText
from server.domains.scans.verification import (
    PutVerificationFile,
    VerificationNameReserved,
    put_file,
    remove_file,
    verification_text,
)
from server.domains.scans.verification import files as verification_files

__all__ = [
    "LOT_KIND",
    "SAME_ANSWER",
    "ChronologyBroken",
    "City",
    "Finding",
    "IdentityBroken",
    "OfLot",
    "Published",
    "PutVerificationFile",
    "Reason",
    "RecallOutcome",
    "RecallQuery",
    "Recalled",
    "Recognised",
    "Recorder",
    "Result",
    "Seen",
    "StatusText",
    "VerificationNameReserved",
    "as_next_version",
    "cities",
    "complaints",
    "content",
    "content_of",
    "contradicts_itself",
    "file_of",
    "internal_owner",
    "look_for_recalls",
    "newest",
    "newest_of",
    "notice_of",
    "on_lot_released",
    "on_record_corrected",
    "preview_lot",
    "preview_shipment",
    "publish_corrected",
    "publish_lot",
    "publish_released",
    "publish_shipment",
    "put_file",
    "recognised",
    "remove_file",
    "scans_of",
    "verification_files",
    "verification_text",
    "version_of",
    "versions",
]  # fmt: skip
