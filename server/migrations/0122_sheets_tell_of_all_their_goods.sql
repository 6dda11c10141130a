-- What the page behind a sheet's symbol says of the goods on it: recalled whole, stopped or rejected, or some of their numbers recalled.
-- Of a delivery note the goods that the shipment holds now, its packages and what lies in them. That a nonconformity or a return
-- to the supplier speaks of stopped goods is no news; that they are recalled is. A recall of single numbers stops the rest in stock, and
-- says so of its numbers alone.
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
    )
    SELECT EXISTS (SELECT FROM goods g JOIN public_notice n ON n.tenant_id = d.tenant_id AND n.lot_id = g.lot
                   WHERE n.kind = 'recall' AND n.closed_at IS NULL AND n.order_id IS NULL),
           d.kind NOT IN ('nonconformity', 'supplier_return') AND EXISTS (
               SELECT FROM goods g JOIN lot l ON l.tenant_id = d.tenant_id AND l.id = g.lot
               WHERE l.state = 'rejected' OR EXISTS (
                   SELECT FROM hold h WHERE h.tenant_id = d.tenant_id AND h.lot_id = g.lot AND h.closed_at IS NULL
                     AND NOT EXISTS (SELECT FROM public_notice n WHERE n.tenant_id = d.tenant_id AND n.lot_id = g.lot AND n.cause = h.cause
                                     AND n.order_id IS NOT NULL AND n.closed_at IS NULL))),
           EXISTS (SELECT FROM goods g JOIN public_notice n ON n.tenant_id = d.tenant_id AND n.lot_id = g.lot
                   WHERE n.kind = 'recall' AND n.closed_at IS NULL AND n.order_id IS NOT NULL
                     AND (g.order_id IS NULL OR (n.order_id = g.order_id AND n.serials && g.serials)))
    FROM sheet d
$$;
GRANT SELECT (tenant_id, id, lot_id) ON nonconformity TO trace_definer;
GRANT SELECT (tenant_id, id, lot_id) ON supplier_return TO trace_definer;
GRANT SELECT (tenant_id, shipment_id, lot_id, order_id, serials, returned_at, cancelled_at) ON shipment_line TO trace_definer;
GRANT SELECT (tenant_id, id, from_lot, to_lot, kind, until, reverses) ON link TO trace_definer;
GRANT SELECT (package_id) ON code TO trace_definer;
GRANT SELECT (order_id, cause) ON public_notice TO trace_definer;
GRANT SELECT (cause) ON hold TO trace_definer;
ALTER FUNCTION public_document_goods(text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_document_goods(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_document_goods(text) TO trace_public;
DROP FUNCTION public_document_recalled(text);
DROP FUNCTION public_document_stopped(text);
