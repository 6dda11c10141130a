-- Two holds by hand are two, whatever people wrote as their cause: each is lifted by itself. What went along with goods names the
-- hold it comes from, so that goods which go back are known to be stopped by the same act there.
ALTER TABLE hold ADD COLUMN origin_id uuid,
    ADD FOREIGN KEY (tenant_id, origin_id) REFERENCES hold (tenant_id, id);
DROP INDEX hold_open;
CREATE UNIQUE INDEX hold_open ON hold (tenant_id, lot_id, cause) WHERE closed_at IS NULL AND cause LIKE '%:%';
CREATE UNIQUE INDEX hold_open_by_hand ON hold (tenant_id, lot_id, cause, coalesce(origin_id, id)) WHERE closed_at IS NULL;
