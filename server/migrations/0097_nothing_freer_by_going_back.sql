-- Whether something was found out or decided about exactly these goods, under this number: a result that fails, a rejection, a
-- part that an inspection made, a nonconformity, or what a disposition left. They do not lose it by going back to where they
-- came from. `beside`: a lot whose rejection counts for both.
CREATE FUNCTION judged_by_itself(tenant uuid, goods uuid, beside uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM lot_quality q WHERE q.tenant_id = tenant AND q.lot_id = goods AND q.fails > 0)
        OR EXISTS (SELECT FROM lot l WHERE l.tenant_id = tenant AND l.id = goods AND l.state = 'rejected')
           AND NOT EXISTS (SELECT FROM lot l WHERE l.tenant_id = tenant AND l.id = beside AND l.state = 'rejected')
        OR EXISTS (SELECT FROM inspection_part p WHERE p.tenant_id = tenant AND p.lot_id = goods)
        OR EXISTS (SELECT FROM nonconformity n WHERE n.tenant_id = tenant AND n.lot_id = goods)
        OR EXISTS (SELECT FROM disposition d WHERE d.tenant_id = tenant AND d.result_lot_id = goods)
$$;
