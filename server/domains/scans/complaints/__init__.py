"""What consumers report without an account, and what is done about it."""

from server.domains.scans.complaints.commands import (
    AnswerComplaint,
    CloseComplaint,
    ComplaintState,
    FileComplaint,
    PassOn,
    Source,
    Topic,
)
from server.domains.scans.complaints.filing import MOST_PHOTOS, Filed, Owner, add_photo, file_complaint, owner_of
from server.domains.scans.complaints.handling import answer, close, pass_on, reopen
from server.domains.scans.complaints.pictures import PictureRefused, clean_picture
from server.domains.scans.complaints.reading import complaint, complaints, contact_of, open_count, photo, photos, steps
from server.domains.scans.complaints.tickets import Ticket, of_ticket, ticket_of

__all__ = [
    "MOST_PHOTOS", "AnswerComplaint", "CloseComplaint", "ComplaintState", "FileComplaint", "Filed", "Owner", "PassOn", "PictureRefused",
    "Source", "Ticket", "Topic", "add_photo", "answer", "clean_picture", "close", "complaint", "complaints", "contact_of", "file_complaint",
    "of_ticket", "open_count", "owner_of", "pass_on", "photo", "photos", "reopen", "steps", "ticket_of",
]  # fmt: skip
