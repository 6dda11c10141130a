"""Sheets made from facts: numbered documents, the plant's own templates, ledgers, and what a receiver may open."""

from server.domains.reports.commands import (
    IssueDocument,
    LedgerKind,
    NewReceiverLink,
    Period,
    SendTemplate,
)
from server.domains.reports.confirming import Confirmed, Opened, confirm, open_link
from server.domains.reports.documents import (
    Document,
    check_url,
    get_document,
    issue_document,
    list_documents,
    read_filled,
    read_pdf,
)
from server.domains.reports.kinds import KINDS, DocumentKind, Language
from server.domains.reports.ledger_xlsx import ledger_xlsx
from server.domains.reports.ledgers import ledger_rows
from server.domains.reports.links import ReceiverLink, create_link, link_url, list_links, revoke_link
from server.domains.reports.makers import MAKERS
from server.domains.reports.office import MOST_BYTES as MOST_TEMPLATE_BYTES
from server.domains.reports.placeholders import allowed_by
from server.domains.reports.receiver import Papers, all_papers, papers_of, read_paper, zip_of
from server.domains.reports.templates import (
    TemplateInfo,
    list_templates,
    read_template_file,
    retire_template,
    send_template,
)
from server.domains.reports.vault import OFFICE, PDF

__all__ = [
    "KINDS",
    "MAKERS",
    "MOST_TEMPLATE_BYTES",
    "OFFICE",
    "PDF",
    "Confirmed",
    "Document",
    "DocumentKind",
    "IssueDocument",
    "Language",
    "LedgerKind",
    "NewReceiverLink",
    "Opened",
    "Papers",
    "Period",
    "ReceiverLink",
    "SendTemplate",
    "TemplateInfo",
    "all_papers",
    "allowed_by",
    "check_url",
    "confirm",
    "create_link",
    "get_document",
    "issue_document",
    "ledger_rows",
    "ledger_xlsx",
    "link_url",
    "list_documents",
    "list_links",
    "list_templates",
    "open_link",
    "papers_of",
    "read_filled",
    "read_paper",
    "read_pdf",
    "read_template_file",
    "retire_template",
    "revoke_link",
    "send_template",
    "zip_of",
]
