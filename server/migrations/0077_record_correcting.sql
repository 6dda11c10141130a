-- What of a lot was corrected, without reading all its records: few are.
CREATE INDEX record_correcting ON record (tenant_id, lot_id) INCLUDE (corrects) WHERE corrects IS NOT NULL;
