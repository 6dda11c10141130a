-- What the page behind a delivery note's symbol says of stopped goods holds for single pieces too, in packages and in runs of numbers.
DROP FUNCTION public_document_goods(text);
CREATE FUNCTION public_document_goods(wanted text) RETURNS TABLE (recalled boolean, stopped boolean, numbers boolean)
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
    WITH RECURSIVE sheet AS (
        SELECT d.tenant_id, d.subject_id, d.kind FROM document d WHERE d.check_token = wanted
    ), goods(lot, order_id, serials) AS (
        SELECT coalesce(n.lot_id, r.lot_id, d.subject_id), NULL::uuid, NULL::int4range FROM sheet d
        LEFT JOIN nonconformity n ON d.kind = 'nonconformity' AND n.tenant_id = d.tenant_id AND n.id = d.subject_id
        LEFT JOIN supplier_return r ON d.kind = 'supplier_return' AND r.tenant_id = d.tenant_id AND r.id = d.subject_id
        WHERE d.kind <> 'delivery_note'
      UNION
        SELECT x.lot, x.order_id, x.serials FROM (
            SELECT n.lot_id AS lot, n.order_id, n.serials FROM sheet d
            JOIN shipment_line n ON n.tenant_id = d.tenant_id AND n.shipment_id = d.subject_id AND n.returned_at IS NULL AND n.cancelled_at IS NULL
            WHERE d.kind = 'delivery_note') x
      UNION
        SELECT i.lot, NULL, NULL FROM goods g CROSS JOIN sheet d CROSS JOIN LATERAL (
            SELECT k.from_lot AS lot FROM link k
            WHERE k.tenant_id = d.tenant_id AND k.to_lot = g.lot AND k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL
              AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = d.tenant_id AND r.reverses = k.id)
            UNION ALL
            SELECT c.lot_id FROM code c WHERE c.tenant_id = d.tenant_id AND c.package_id = g.lot) i
        WHERE d.kind = 'delivery_note'
    ), pieces(lot) AS (
        SELECT l.id FROM sheet d CROSS JOIN goods g JOIN code c ON c.package_id = g.lot AND c.tenant_id = d.tenant_id
        JOIN lot l ON l.tenant_id = d.tenant_id AND l.code_text = c.text WHERE d.kind = 'delivery_note'
      UNION
        SELECT l.id FROM sheet d CROSS JOIN goods g
        JOIN code c ON c.order_id = g.order_id AND c.serial >= lower(g.serials) AND c.serial < upper(g.serials) AND c.tenant_id = d.tenant_id
        JOIN lot l ON l.tenant_id = d.tenant_id AND l.code_text = c.text
    )
    SELECT EXISTS (SELECT FROM goods g JOIN public_notice n ON n.tenant_id = d.tenant_id AND n.lot_id = g.lot
                   WHERE n.kind = 'recall' AND n.closed_at IS NULL AND n.order_id IS NULL),
           d.kind NOT IN ('nonconformity', 'supplier_return') AND EXISTS (
               SELECT FROM (SELECT lot, false AS piece FROM goods UNION SELECT lot, true FROM pieces) g JOIN lot l ON l.tenant_id = d.tenant_id AND l.id = g.lot
               WHERE l.state = 'rejected' OR EXISTS (
                   SELECT FROM hold h WHERE h.tenant_id = d.tenant_id AND h.lot_id = g.lot AND h.closed_at IS NULL
                     AND NOT EXISTS (SELECT FROM public_notice n WHERE n.tenant_id = d.tenant_id AND (n.lot_id = g.lot OR g.piece) AND n.cause = h.cause
                                     AND n.order_id IS NOT NULL AND n.closed_at IS NULL))),
           EXISTS (SELECT FROM goods g JOIN public_notice n ON n.tenant_id = d.tenant_id AND n.lot_id = g.lot
                   WHERE n.kind = 'recall' AND n.closed_at IS NULL AND n.order_id IS NOT NULL
                     AND (g.order_id IS NULL OR (n.order_id = g.order_id AND n.serials && g.serials)))
    FROM sheet d
$$;
GRANT SELECT (serial) ON code TO trace_definer;
GRANT SELECT (code_text) ON lot TO trace_definer;
ALTER FUNCTION public_document_goods(text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_document_goods(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_document_goods(text) TO trace_public;
