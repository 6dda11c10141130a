"""What phones see: the scan without a login; entry by inspectors and partners comes beside it."""

from miniprogram_api.consumer.preview import routes as preview
from miniprogram_api.consumer.routes import routes as scan
from server.http.routes import RouteTable

TABLES: tuple[RouteTable, ...] = (scan, preview)
