-- Whether something was found out or decided about exactly these goods, under this number, that nothing answered: a result that
-- fails and was not passed since, a rejection, a part that an inspection made, an open nonconformity, or what a disposition left. They do not lose it by going back to where they
-- came from. `beside`: a lot whose rejection counts for both.
CREATE FUNCTION judged_by_itself(tenant uuid, goods uuid, beside uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
            SELECT FROM lot_quality q JOIN record r ON r.tenant_id = tenant AND r.lot_id = goods AND r.verdict = 'fail'
            WHERE q.tenant_id = tenant AND q.lot_id = goods AND q.fails > 0
              AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = tenant AND c.corrects = r.id)
              AND ('legal' = ANY (r.failed_sets) OR NOT EXISTS (
                  SELECT FROM record p WHERE p.tenant_id = tenant AND p.lot_id = goods AND p.verdict = 'pass' AND p.id > r.id)))
        OR EXISTS (SELECT FROM lot l WHERE l.tenant_id = tenant AND l.id = goods AND l.state = 'rejected')
           AND NOT EXISTS (SELECT FROM lot l WHERE l.tenant_id = tenant AND l.id = beside AND l.state = 'rejected')
        OR EXISTS (SELECT FROM inspection_part p WHERE p.tenant_id = tenant AND p.lot_id = goods)
        OR EXISTS (SELECT FROM nonconformity n WHERE n.tenant_id = tenant AND n.lot_id = goods AND n.state = 'open')
        OR EXISTS (SELECT FROM disposition d WHERE d.tenant_id = tenant AND d.result_lot_id = goods)
$$;
