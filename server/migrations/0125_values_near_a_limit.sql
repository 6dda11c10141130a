-- Whether a value lies just inside one of its limits (piling.py), kept when it is judged: whether a lot's values are piled there is
-- told by the few that do. What was stored before counts as near, and is read in full as it was.
ALTER TABLE measurement ADD COLUMN near_limit boolean NOT NULL DEFAULT true;
CREATE INDEX measurement_near_limit ON measurement (tenant_id, lot_id)
    WHERE near_limit AND verdict = 'pass' AND lot_id IS NOT NULL AND limits IS NOT NULL;
