"""What phones see: the scan without a login, links for partners without an account, entry by inspectors."""

from miniprogram_api.consumer.lot_pages import routes as lot_pages
from miniprogram_api.consumer.preview import routes as preview
from miniprogram_api.consumer.routes import routes as scan
from miniprogram_api.consumer.service.api import routes as public_complaints
from miniprogram_api.consumer.service.recall import routes as recall
from miniprogram_api.consumer.service.report import routes as report
from miniprogram_api.consumer.service.ticket import routes as ticket
from miniprogram_api.consumer.stray import stray_page
from miniprogram_api.consumer.verification import routes as verification
from miniprogram_api.inspector import TABLES as INSPECTOR
from miniprogram_api.partner.delivery import routes as delivery
from miniprogram_api.partner.receiver import routes as receiver
from miniprogram_api.sandbox import routes as sandbox
from server.http.routes import RouteTable

__all__ = ["TABLES", "stray_page"]

TABLES: tuple[RouteTable, ...] = (
    scan,
    lot_pages,
    verification,
    recall,
    report,
    ticket,
    public_complaints,
    preview,
    delivery,
    receiver,
    sandbox,
    *INSPECTOR,
)
