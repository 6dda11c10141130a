-- A correction that brings a result from outside a legal limit to inside it, by the hands that the result came from: it counts once
-- another person has confirmed it (record_check). What was corrected before stands as it stood.
ALTER TABLE record ADD COLUMN second_demanded boolean NOT NULL DEFAULT false;
CREATE INDEX record_second_demanded ON record (tenant_id, lot_id) WHERE second_demanded;

CREATE OR REPLACE FUNCTION legal_failure_stands(tenant uuid, failed_record uuid, characteristic uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE later(id, second_demanded) AS (
        SELECT id, second_demanded FROM record WHERE tenant_id = tenant AND corrects = failed_record
      UNION
        SELECT r.id, r.second_demanded FROM later l JOIN record r ON r.tenant_id = tenant AND r.corrects = l.id
    )
    SELECT coalesce((
        SELECT count(*) FROM measurement p JOIN later l ON l.id = p.record_id
        WHERE p.tenant_id = tenant AND p.characteristic_id = characteristic AND p.verdict <> 'not_judged'
          AND jsonb_typeof(p.limits -> 'legal') = 'object'
          AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = tenant AND c.corrects = l.id)
          AND (NOT l.second_demanded OR EXISTS (SELECT FROM record_check k WHERE k.tenant_id = tenant AND k.record_id = l.id))
    ), 0) < (
        SELECT count(*) FROM measurement m
        WHERE m.tenant_id = tenant AND m.record_id = failed_record AND m.characteristic_id = characteristic
    )
$$;

-- Whose result outside a legal limit this record or one that it corrected in its turn was; null where none was.
CREATE FUNCTION outside_law_by(tenant uuid, corrected uuid) RETURNS text LANGUAGE sql STABLE AS $$
    WITH RECURSIVE earlier(id) AS (
        SELECT corrected
      UNION
        SELECT r.corrects FROM earlier e JOIN record r ON r.tenant_id = tenant AND r.id = e.id WHERE r.corrects IS NOT NULL
    )
    SELECT r.operator_name FROM earlier e JOIN record r ON r.tenant_id = tenant AND r.id = e.id
    WHERE 'legal' = ANY (r.failed_sets) ORDER BY r.id LIMIT 1
$$;
