"""What comes in from other systems as files: gated, carried out by a worker, accounted for row by row."""

from server.domains.integrations.columns import ImportKind, title_of
from server.domains.integrations.commands import SendFile
from server.domains.integrations.gate import FileLimits, check_file
from server.domains.integrations.jobs import Claimed, LeaseLost, claim, open_jobs
from server.domains.integrations.problems import ImportFileRefused, ImportFileTooLarge, PasswordsHandedOut
from server.domains.integrations.running import run_job
from server.domains.integrations.service import Row, get_import, list_errors, list_imports, send_file, take_passwords
from server.domains.integrations.templates import make_template

__all__ = [
    "Claimed",
    "FileLimits",
    "ImportFileRefused",
    "ImportFileTooLarge",
    "ImportKind",
    "LeaseLost",
    "PasswordsHandedOut",
    "Row",
    "SendFile",
    "check_file",
    "claim",
    "get_import",
    "list_errors",
    "list_imports",
    "make_template",
    "open_jobs",
    "run_job",
    "send_file",
    "take_passwords",
    "title_of",
]
