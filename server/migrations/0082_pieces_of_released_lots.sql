-- A piece that got its record before its lot was released went with the lot, and now says so; one that fails does not.
UPDATE lot u SET state = 'released', released_at = p.released_at
FROM code c JOIN lot p ON p.tenant_id = c.tenant_id AND p.id = c.lot_id
WHERE u.kind = 'unit' AND u.code_text IS NOT NULL AND u.state = 'pending' AND c.tenant_id = u.tenant_id AND c.text = u.code_text
  AND p.state = 'released'
  AND NOT EXISTS (SELECT FROM lot_quality q WHERE q.tenant_id = u.tenant_id AND q.lot_id = u.id AND q.fails > 0);
