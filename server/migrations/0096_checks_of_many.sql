-- A check of many is judged by the rows that were stored before it.
CREATE INDEX phone_entry_check ON phone_entry (tenant_id, check_id) WHERE check_id IS NOT NULL;
