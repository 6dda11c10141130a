-- Whether the signer of a release inspected any of the goods is asked of the people behind a lot's records, not of each record: its
-- inspectors by their index, and those few records in which others had a hand.
CREATE INDEX record_operator ON record (tenant_id, lot_id, operator_id, operator_name) WHERE lot_id IS NOT NULL;
CREATE INDEX record_other_hands ON record (tenant_id, lot_id) WHERE lot_id IS NOT NULL
    AND (entered_by IS DISTINCT FROM operator_id OR key_owner_id IS NOT NULL OR checker_id IS NOT NULL OR checker_name IS NOT NULL);
