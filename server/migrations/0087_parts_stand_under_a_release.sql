-- Under which signed decision goods stand: a lot's own, or, where it has none, that of what it was split off or merged from, and
-- of a single piece that of its lot. Of several decisions about an origin the one that stood when the part left it; what was
-- released urgently then stands under the release that confirmed it.
CREATE FUNCTION decisions_standing(tenant uuid, lots uuid[]) RETURNS TABLE (root uuid, origin uuid, release_id uuid)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE goods(root, state, lot, before) AS (
        SELECT l.id, l.state, l.id, NULL::uuid FROM lot l WHERE l.tenant_id = tenant AND l.id = ANY (lots)
      UNION
        SELECT g.root, g.state, o.lot, o.before
        FROM goods g CROSS JOIN LATERAL (
            SELECT k.from_lot AS lot, k.id AS before FROM link k
            WHERE k.tenant_id = tenant AND k.to_lot = g.lot AND k.kind IN ('split', 'merged') AND k.reverses IS NULL
              AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = tenant AND r.reverses = k.id)
          UNION ALL
            SELECT c.lot_id, g.before FROM lot u JOIN code c ON c.tenant_id = tenant AND c.text = u.code_text
            WHERE u.tenant_id = tenant AND u.id = g.lot AND c.lot_id <> u.id
        ) o
        WHERE g.state <> 'pending' AND NOT EXISTS (SELECT FROM release a WHERE a.tenant_id = tenant AND a.lot_id = g.lot)
    )
    SELECT DISTINCT g.root, g.lot, coalesce(confirmed.id, stood.id)
    FROM goods g
    CROSS JOIN LATERAL (
        SELECT a.id, a.kind FROM release a
        WHERE a.tenant_id = tenant AND a.lot_id = g.lot AND (g.lot = g.root OR a.decision = g.state)
        ORDER BY g.before IS NULL OR a.id < g.before DESC, a.id DESC LIMIT 1
    ) stood
    LEFT JOIN LATERAL (
        SELECT b.id FROM release b
        WHERE b.tenant_id = tenant AND b.lot_id = g.lot AND stood.kind = 'urgent' AND g.lot <> g.root
          AND b.id > stood.id AND b.decision = 'released' AND b.kind <> 'urgent'
        ORDER BY b.id LIMIT 1
    ) confirmed ON true
$$;
