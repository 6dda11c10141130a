-- Whether a later good record looked at the goods that an earlier one failed. A check on the run (first piece, patrol, last piece) looks
-- at what the line gives at that moment: the next one looked at other goods, and only an inspection called because of it at the same.
CREATE FUNCTION looked_at_the_same(tenant uuid, failed_record uuid, passed_record uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    WITH RECURSIVE later(id, trigger, reinspects) AS (
        SELECT i.id, i.trigger, i.reinspects FROM inspection_result x JOIN inspection i ON i.tenant_id = tenant AND i.id = x.inspection_id
        WHERE x.tenant_id = tenant AND x.record_id = passed_record
      UNION
        SELECT i.id, i.trigger, i.reinspects FROM later l JOIN inspection i ON i.tenant_id = tenant AND i.id = l.reinspects
    ), failed AS (
        SELECT i.id FROM inspection_result x JOIN inspection i ON i.tenant_id = tenant AND i.id = x.inspection_id
        WHERE x.tenant_id = tenant AND x.record_id = failed_record AND i.trigger IN ('first_piece', 'hours', 'pieces', 'last_piece')
    )
    SELECT CASE WHEN EXISTS (SELECT FROM failed) THEN EXISTS (SELECT FROM later WHERE id IN (SELECT id FROM failed))
                ELSE NOT EXISTS (SELECT FROM later WHERE trigger IN ('first_piece', 'hours', 'pieces', 'last_piece')) END
$$;
