-- The first and the last inspection of a lot are two looks into an index, not a reading of all its records: each release, each
-- correction of a lot and each publication asks for them.
CREATE INDEX record_inspected ON record (tenant_id, lot_id, (coalesce(captured_at, received_at)), id)
    WHERE lot_id IS NOT NULL AND stage IN ('material', 'testing');
