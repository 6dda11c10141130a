-- The goods that a shipment holds now: the lots of its standing lines, of a package what lies in it, at any depth.
CREATE FUNCTION shipment_goods(tenant uuid, shipment uuid) RETURNS TABLE (lot_id uuid, lot_no text, product_id uuid, supplier_id uuid)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE inside(lot) AS (
        SELECT n.lot_id FROM shipment_line n WHERE n.tenant_id = tenant AND n.shipment_id = shipment AND n.returned_at IS NULL
      UNION
        SELECT x.lot FROM inside i CROSS JOIN LATERAL (
            SELECT k.from_lot AS lot FROM link k
            WHERE k.tenant_id = tenant AND k.to_lot = i.lot AND k.kind = 'packed' AND k.until IS NULL AND k.reverses IS NULL
              AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = tenant AND r.reverses = k.id)
            UNION ALL
            SELECT c.lot_id FROM code c WHERE c.tenant_id = tenant AND c.package_id = i.lot) x
    )
    SELECT l.id, l.lot_no, l.product_id, l.supplier_id FROM inside i JOIN lot l ON l.tenant_id = tenant AND l.id = i.lot
    WHERE l.kind <> 'package'
$$;

-- What has to be looked at before a shipment leaves, and stops it: the last inspection failed, or a mandatory one was not done.
-- Only goods that still stand on the shipment are asked for; what was inspected again counts by its last result.
CREATE FUNCTION shipment_stopped_by(tenant uuid, shipment uuid)
RETURNS TABLE (inspection_id uuid, plan_name text, lot_no text, failed boolean) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE goods AS (
        SELECT g.lot_id AS id, g.lot_no, g.product_id FROM shipment_goods(tenant, shipment) g
    ), asked AS (
        SELECT i.id, p.name, g.lot_no, i.mandatory
        FROM inspection i JOIN inspection_plan p ON p.tenant_id = i.tenant_id AND p.id = i.plan_id
        LEFT JOIN goods g ON g.id = i.lot_id
        WHERE i.tenant_id = tenant AND i.trigger = 'before_shipment' AND i.reinspects IS NULL
          AND ((i.shipment_id = shipment AND EXISTS (SELECT FROM goods o WHERE o.product_id = i.product_id OR i.product_id IS NULL))
               OR (i.lot_id IN (SELECT id FROM goods) AND i.event_key = 'shipment:' || shipment || ':lot:' || i.lot_id))
    ), done(root, id, verdict, entered_at) AS (
        SELECT a.id, i.id, i.verdict, i.entered_at FROM asked a JOIN inspection i ON i.tenant_id = tenant AND i.id = a.id
      UNION
        SELECT d.root, n.id, n.verdict, n.entered_at FROM done d JOIN inspection n ON n.tenant_id = tenant AND n.reinspects = d.id
    ), last AS (
        SELECT DISTINCT ON (root) root, verdict FROM done WHERE verdict IS NOT NULL ORDER BY root, entered_at DESC, id DESC
    ), planned AS (
        SELECT DISTINCT p.id, p.name, f.subject_kind = 'lot' AS of_lot,
               CASE WHEN f.subject_kind = 'lot' THEN g.id END AS lot_id, CASE WHEN f.subject_kind = 'lot' THEN g.lot_no END AS lot_no
        FROM shipment s CROSS JOIN goods g
        JOIN inspection_plan p ON p.tenant_id = tenant AND p.retired_at IS NULL AND p.trigger = 'before_shipment'
         AND (p.product_id IS NULL OR p.product_id = g.product_id)
        CROSS JOIN LATERAL (SELECT * FROM inspection_plan_version n WHERE n.tenant_id = tenant AND n.plan_id = p.id
                            AND n.in_force_from <= s.created_at ORDER BY n.version DESC LIMIT 1) v
        JOIN form f ON f.tenant_id = tenant AND f.id = v.form_id
        WHERE s.tenant_id = tenant AND s.id = shipment AND v.mandatory
    )
    SELECT a.id, a.name, a.lot_no, coalesce(l.verdict = 'fail', false)
    FROM asked a LEFT JOIN last l ON l.root = a.id WHERE l.verdict = 'fail' OR (l.verdict IS NULL AND a.mandatory)
  UNION ALL -- nobody has made it due yet
    SELECT NULL, p.name, p.lot_no, false FROM planned p
    WHERE NOT EXISTS (SELECT FROM inspection i WHERE i.tenant_id = tenant AND i.plan_id = p.id
                      AND i.event_key = 'shipment:' || shipment || CASE WHEN p.of_lot THEN ':lot:' || p.lot_id ELSE '' END)
    ORDER BY 4 DESC, 2, 3
$$;

-- Whatever the way, goods are not on the road or received before they were inspected. At the end of the transaction, when a
-- shipment that is entered as already gone has its lines.
CREATE FUNCTION assert_shipment_inspected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM shipment_stopped_by(NEW.tenant_id, NEW.id)) THEN
        RAISE EXCEPTION 'not inspected before it left' USING ERRCODE = 'check_violation', CONSTRAINT = 'shipment_inspected';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER shipment_inspected_when_made AFTER INSERT ON shipment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.departed_at IS NOT NULL OR NEW.received_at IS NOT NULL) EXECUTE FUNCTION assert_shipment_inspected();
CREATE CONSTRAINT TRIGGER shipment_inspected_when_leaving AFTER UPDATE OF departed_at, received_at ON shipment DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.departed_at IS NULL AND OLD.received_at IS NULL AND (NEW.departed_at IS NOT NULL OR NEW.received_at IS NOT NULL))
    EXECUTE FUNCTION assert_shipment_inspected();
