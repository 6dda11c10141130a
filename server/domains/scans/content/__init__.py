"""What the pages of a product show beside its facts: written in versions, tried on a real lot, put in use."""

from server.domains.scans.content.commands import (
    BLOCKS,
    Audience,
    Block,
    NewPageContent,
    Origin,
    Pack,
    Picture,
    Story,
)
from server.domains.scans.content.label import LabelVersion, item_of, items_missing, label_versions
from server.domains.scans.content.reading import (
    PageContent,
    content_version,
    content_versions,
    for_receivers,
    in_use,
    shown_blocks,
)
from server.domains.scans.content.writing import draft_content, put_in_use

__all__ = [
    "BLOCKS", "Audience", "Block", "LabelVersion", "NewPageContent", "Origin", "Pack", "PageContent", "Picture", "Story", "content_version", "content_versions",
    "draft_content", "for_receivers", "in_use", "item_of", "items_missing", "label_versions", "put_in_use", "shown_blocks",
]  # fmt: skip
