"""Entry by inspectors: what a phone holds for a day, what it delivers, and who it is."""

from miniprogram_api.inspector.desk import routes as desk
from miniprogram_api.inspector.keys import routes as keys
from miniprogram_api.inspector.pack import routes as pack
from miniprogram_api.inspector.page import routes as page
from miniprogram_api.inspector.photos import routes as photos
from miniprogram_api.inspector.sync import routes as sync
from server.http.routes import RouteTable

TABLES: tuple[RouteTable, ...] = (keys, pack, sync, photos, desk, page)
