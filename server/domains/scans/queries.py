"""The statements of the public scan path. They run as `trace_public`, in no tenant's scope: column grants are their fence."""

from typing import Final

from server.domains.scans.status import RULE

_CODE = (
    "c.text, c.tenant_id, c.order_id, c.lot_id, c.serial, c.kind, c.state, c.scan_count, c.first_scan_at, c.shipment_id"
)

# The newest version rides along, so whoever keeps a rendered page under (lot, version) never shows a stale one.
# `public_lot` is strict: given NULL where something is published, it is not run.
_FACTS = f"""
    SELECT c.text, c.scan_count, c.first_scan_at,
           c.tenant_id, c.lot_id, c.shipment_id, c.kind, p.version, t.version AS transport_version, n.id AS notice_id,
           l.product_name, l.product_name_en, l.lot_no, l.expires_at, {RULE} AS result
    FROM c
    LEFT JOIN LATERAL (
        SELECT version, expires_at FROM publication
        WHERE object_id = c.lot_id AND tenant_id = c.tenant_id AND object_kind = 'lot' ORDER BY version DESC LIMIT 1
    ) p ON true
    LEFT JOIN LATERAL (
        SELECT version FROM publication
        WHERE object_id = c.shipment_id AND tenant_id = c.tenant_id AND object_kind = 'shipment' ORDER BY version DESC LIMIT 1
    ) t ON true
    LEFT JOIN LATERAL (
        SELECT o.id, o.kind FROM (
            SELECT id, kind, level, opened_at FROM public_notice
            WHERE lot_id = c.lot_id AND closed_at IS NULL AND order_id IS NULL AND tenant_id = c.tenant_id
            UNION ALL
            SELECT id, kind, level, opened_at FROM public_notice
            WHERE order_id = c.order_id AND closed_at IS NULL AND serials @> c.serial AND tenant_id = c.tenant_id
        ) o ORDER BY o.kind = 'recall' DESC, o.level, o.opened_at DESC LIMIT 1
    ) n ON true
    LEFT JOIN LATERAL public_lot(CASE WHEN p.version IS NULL THEN c.tenant_id END, c.lot_id) l ON true
"""

SAME_ANSWER: Final = slice(3, None)
"""Of a row of facts: the columns that decide the answer. Scans that agree in them get one answer, but for its counters."""

_SHOWN = """text, scan_count, first_scan_at, tenant_id, lot_id, shipment_id, kind, version, transport_version, notice_id,
    product_name, product_name_en, lot_no, expires_at, result"""

COUNT_SCANS: Final = f"""
WITH counted AS (
    SELECT * FROM unnest($1::text[], $2::integer[], $3::smallint[], $4::bytea[]) AS counted (text, times, channel, device_hash)
),
c AS (
    UPDATE code c SET scan_count = c.scan_count + counted.times, first_scan_at = coalesce(c.first_scan_at, now())
    FROM counted WHERE c.text = counted.text AND c.kind <= 2
    RETURNING {_CODE}, counted.channel, counted.device_hash
),
facts AS ({_FACTS.replace("AS result", "AS result, c.channel, c.device_hash")}),
kept AS (
    INSERT INTO scan (tenant_id, code, channel, result, device_hash)
    SELECT tenant_id, text, channel, result, device_hash FROM facts
    UNION ALL
    SELECT facts.tenant_id, facts.text, s.channel, facts.result, s.device_hash
    FROM unnest($5::text[], $6::smallint[], $7::bytea[]) AS s (text, channel, device_hash) JOIN facts ON facts.text = s.text
)
SELECT {_SHOWN} FROM facts
"""
"""$1 the codes, sorted and each once, $2 how often each, $3–$4 channel and device hash of one scan of each; $5–$7 the
other scans: code, channel, device hash.

The codes come sorted and the join is a nested loop, so two processes lock rows in one order.
"""

LOOK_UP: Final = f"WITH c AS (SELECT {_CODE} FROM code c WHERE c.text = $1 AND c.kind <= 2) {_FACTS}"
"""The same facts of one code, counting nothing."""

CONTENT: Final = """
SELECT content FROM publication WHERE tenant_id = $1 AND object_id = $2 AND version = $3
"""

NEWEST: Final = """
SELECT p.tenant_id, p.version, EXISTS (
    SELECT FROM public_notice n WHERE n.lot_id = p.object_id AND n.tenant_id = p.tenant_id AND n.closed_at IS NULL AND n.kind = 'recall'
) AS recalled
FROM publication p WHERE p.object_id = $1 AND p.object_kind = 'lot' ORDER BY p.version DESC LIMIT 1
"""
"""The newest publication of a lot, and whether anything of the lot is recalled."""

NOTICE: Final = """
SELECT level, reason, advice, reason_en, advice_en, opened_at FROM public_notice WHERE tenant_id = $1 AND id = $2
"""
