-- A result outside a legal limit goes on counting until a correction that is itself in force measures the same
-- characteristic again, as often, against a legal limit. A correction that measures nothing lifts nothing.
CREATE INDEX measurement_outside_law ON measurement (tenant_id, lot_id) WHERE 'legal' = ANY (failed_sets);

CREATE FUNCTION legal_failure_stands(tenant uuid, failed_record uuid, characteristic uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE later(id) AS (
        SELECT id FROM record WHERE tenant_id = tenant AND corrects = failed_record
      UNION
        SELECT r.id FROM later l JOIN record r ON r.tenant_id = tenant AND r.corrects = l.id
    )
    SELECT coalesce((
        SELECT count(*) FROM measurement p JOIN later l ON l.id = p.record_id
        WHERE p.tenant_id = tenant AND p.characteristic_id = characteristic AND p.verdict <> 'not_judged'
          AND jsonb_typeof(p.limits -> 'legal') = 'object'
          AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = tenant AND c.corrects = l.id)
    ), 0) < (
        SELECT count(*) FROM measurement m
        WHERE m.tenant_id = tenant AND m.record_id = failed_record AND m.characteristic_id = characteristic
    )
$$;

-- Which of these lots stand outside a legal limit: by a record of their own or of the goods they were split or merged from;
-- or by one of the goods they were reworked from, where no later record passed what had failed.
CREATE OR REPLACE FUNCTION legally_barred(tenant uuid, lots uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE goods(root, lot, level) AS (
        SELECT l, l, 0 FROM unnest(lots) AS l
      UNION
        SELECT g.root, k.from_lot, g.level + (k.kind IN ('reworked', 'repaired'))::int
        FROM goods g JOIN link k ON k.tenant_id = tenant AND k.to_lot = g.lot
        WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = tenant AND r.reverses = k.id)
    ), failed AS (
        SELECT DISTINCT g.root, g.level, m.characteristic_id FROM goods g
        JOIN measurement m ON m.tenant_id = tenant AND m.lot_id = g.lot AND 'legal' = ANY (m.failed_sets)
        WHERE legal_failure_stands(tenant, m.record_id, m.characteristic_id)
    )
    SELECT DISTINCT f.root FROM failed f
    WHERE f.level = 0 OR NOT EXISTS (
        SELECT FROM goods h JOIN measurement p ON p.tenant_id = tenant AND p.lot_id = h.lot
        WHERE h.root = f.root AND h.level < f.level AND p.characteristic_id = f.characteristic_id AND p.verdict = 'pass'
          AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = tenant AND c.corrects = p.record_id))
$$;
