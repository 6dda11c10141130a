-- Which of these lots stand outside a legal limit: by a record of their own or of the goods they were split or merged from; or by
-- one of the goods they were reworked from, where on some way from there nothing was measured again after the work, against a
-- legal limit, and passed. A look at other goods, or at these before they were joined by what failed, answers nothing.
CREATE OR REPLACE FUNCTION legally_barred(tenant uuid, lots uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE goods(root, lot) AS (
        SELECT l, l FROM unnest(lots) AS l
      UNION
        SELECT g.root, k.from_lot FROM goods g JOIN link k ON k.tenant_id = tenant AND k.to_lot = g.lot
        WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = tenant AND r.reverses = k.id)
    ), failed AS MATERIALIZED (
        SELECT DISTINCT g.root, g.lot, m.characteristic_id FROM goods g
        JOIN measurement m ON m.tenant_id = tenant AND m.lot_id = g.lot AND 'legal' = ANY (m.failed_sets)
        WHERE legal_failure_stands(tenant, m.record_id, m.characteristic_id)
    ), way(root, lot, characteristic_id, worked, passed) AS ( -- down again, from what failed to the lot that is asked about
        SELECT root, lot, characteristic_id, false, false FROM failed
      UNION
        SELECT w.root, k.to_lot, w.characteristic_id, w.worked OR k.kind IN ('reworked', 'repaired'),
               w.passed OR (w.worked OR k.kind IN ('reworked', 'repaired')) AND EXISTS (
                   SELECT FROM measurement p WHERE p.tenant_id = tenant AND p.lot_id = k.to_lot AND p.characteristic_id = w.characteristic_id
                     AND p.verdict = 'pass' AND jsonb_typeof(p.limits -> 'legal') = 'object' AND p.record_id > k.id
                     AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = tenant AND c.corrects = p.record_id))
        FROM way w JOIN link k ON k.tenant_id = tenant AND k.from_lot = w.lot
        WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = tenant AND r.reverses = k.id)
          AND (w.root, k.to_lot) IN (SELECT root, lot FROM goods)
    )
    SELECT DISTINCT root FROM way WHERE lot = root AND NOT passed
$$;
