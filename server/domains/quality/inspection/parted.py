"""What went its own way after an inspection, as SQL: whose goods a lot is, what cleared it and what refused it on the way, and what
was taken aside because of a record."""

# What this inspection accepted has gone its own way, and no more of it than it accepts: since a correction, it may be less.
_STANDS = """
(SELECT sum(a.quantity) FROM inspection_part a WHERE a.tenant_id = $1 AND a.inspection_id = p.inspection_id AND a.outcome = 'accepted')
 <= (SELECT accepted FROM inspection i WHERE i.tenant_id = $1 AND i.id = p.inspection_id)
"""
# Of each lot the goods that it was split off or merged from (`root`, `lot`), over `path`. `cleared`: the inspections that accepted
# this part of the goods on the way back; the same goods may be reached on another way that none accepted. `refused`: those that
# rejected this part.
GOODS = f"""
WITH RECURSIVE goods(root, lot, path, cleared, refused) AS (
    SELECT id, id, ARRAY[id], ARRAY[]::uuid[], ARRAY[]::uuid[] FROM unnest($2::uuid[]) AS id
  UNION
    SELECT g.root, k.from_lot, g.path || k.from_lot,
           g.cleared || ARRAY(SELECT p.inspection_id FROM inspection_part p WHERE p.tenant_id = $1 AND p.lot_id = g.lot
                              AND p.outcome = 'accepted' AND {_STANDS} ORDER BY p.inspection_id),
           g.refused || ARRAY(SELECT p.inspection_id FROM inspection_part p WHERE p.tenant_id = $1 AND p.lot_id = g.lot
                              AND p.outcome = 'rejected' ORDER BY p.inspection_id)
    FROM goods g
    JOIN link k ON k.tenant_id = $1 AND k.to_lot = g.lot AND k.kind IN ('split', 'merged') AND k.reverses IS NULL
    WHERE NOT EXISTS (SELECT FROM link b WHERE b.tenant_id = $1 AND b.reverses = k.id)
)
"""  # noqa: S608 - constants
# How much of what it rejected still lies among the rest.
REJECTED_LEFT = """
({i}.rejected - coalesce((SELECT sum(x.quantity) FROM inspection_part x WHERE x.tenant_id = $1 AND x.inspection_id = {i}.id
                          AND x.outcome = 'rejected'), 0))
"""
# All is decided, and all that it rejected has gone its own way: what remains was accepted.
REJECTED_GONE = f"({{i}}.state = 'done' AND {{i}}.rejected > 0 AND {REJECTED_LEFT} <= 0)"
# Triggers of checks on the run: each looks at what the line gives at that moment.
RUNNING = "('first_piece', 'hours', 'pieces', 'last_piece')"
# How much was taken aside by nonconformities that were opened about this record, and something was done about it; NULL for nothing.
TAKEN_ASIDE = """
(SELECT sum(n.quantity) FROM nonconformity n
 WHERE n.tenant_id = $1 AND n.from_lot_id = ANY ({path}) AND n.lot_id <> ALL ({path})
   AND EXISTS (SELECT FROM disposition o WHERE o.tenant_id = $1 AND o.nonconformity_id = n.id AND o.state IN ('carried_out', 'verified'))
   AND (n.record_id = {record} OR EXISTS (SELECT FROM nonconformity_evidence e WHERE e.tenant_id = $1
                                          AND e.nonconformity_id = n.id AND e.record_id = {record})))
"""
# A nonconformity that was opened about this record on a quantity taken aside, and something was done about it.
DISPOSED_OF = """
EXISTS (
    SELECT FROM nonconformity n JOIN disposition o ON o.tenant_id = $1 AND o.nonconformity_id = n.id
    WHERE n.tenant_id = $1 AND o.state IN ('carried_out', 'verified') AND n.from_lot_id = ANY ({path}) AND n.lot_id <> ALL ({path})
      AND (n.record_id = {record} OR EXISTS (SELECT FROM nonconformity_evidence e WHERE e.tenant_id = $1
                                             AND e.nonconformity_id = n.id AND e.record_id = {record})))
"""
# These goods were sorted out as good, by signature, of what this inspection failed, and passed a look of their own.
SORTED_OUT = """
EXISTS (SELECT FROM disposition o WHERE o.tenant_id = $1 AND o.kind = 'sort' AND o.state = 'verified' AND o.carried_out_at > i.entered_at
          AND o.result_lot_id = ANY (g.path) AND o.result_lot_id <> g.lot)
"""
