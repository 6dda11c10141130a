"""What inspectors' phones hold, and what they deliver: the pack of a day, entries, photos, conflicts, tasks handed over."""

from server.domains.quality.phone.clocks import SKEW_SECONDS, Clock
from server.domains.quality.phone.commands import (
    MOST_AT_ONCE,
    NewHandover,
    NewPhoto,
    PhoneEntry,
    ResolveConflict,
    SentEntry,
)
from server.domains.quality.phone.conflicts import count_conflicts, list_conflicts, own_conflicts, resolve_conflict
from server.domains.quality.phone.deliverers import Author, Courier, author_of, courier_of
from server.domains.quality.phone.delivering import Delivered, Practised, Row, deliver, rows_of
from server.domains.quality.phone.form_pack import FormPack
from server.domains.quality.phone.handovers import end_handover, hand_over
from server.domains.quality.phone.history import own_history
from server.domains.quality.phone.lookup import LEAST_OF_ENDING, Found, look_up, lots_ending, namesakes
from server.domains.quality.phone.pack import Pack, pack_of
from server.domains.quality.phone.photos import (
    PART_BYTES,
    Photo,
    add_part,
    begin_photo,
    finish_photo,
    get_photo,
    restart_photo,
    sweep_parts,
)
from server.domains.quality.phone.problems import CheckWaits, PhotoDigest, PhotoUnreadable

__all__ = [
    "LEAST_OF_ENDING",
    "MOST_AT_ONCE",
    "PART_BYTES",
    "SKEW_SECONDS",
    "Author",
    "CheckWaits",
    "Clock",
    "Courier",
    "Delivered",
    "FormPack",
    "Found",
    "NewHandover",
    "NewPhoto",
    "Pack",
    "PhoneEntry",
    "Photo",
    "PhotoDigest",
    "PhotoUnreadable",
    "Practised",
    "ResolveConflict",
    "Row",
    "SentEntry",
    "add_part",
    "author_of",
    "begin_photo",
    "count_conflicts",
    "courier_of",
    "deliver",
    "end_handover",
    "finish_photo",
    "get_photo",
    "hand_over",
    "list_conflicts",
    "look_up",
    "lots_ending",
    "namesakes",
    "own_conflicts",
    "own_history",
    "pack_of",
    "resolve_conflict",
    "restart_photo",
    "rows_of",
    "sweep_parts",
]
