"""The back office: pages for enterprises, regulators and the platform, rendered here and served by one route table."""

from admin.errors import page_error, stray_page
from admin.tables import TABLES

__all__ = ["TABLES", "page_error", "stray_page"]
