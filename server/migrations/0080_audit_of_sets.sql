-- Entries that name a set: found by whoever asks for one object of it.
CREATE INDEX audit_entry_sets ON audit_entry (tenant_id, id) WHERE after ? 'ids' OR after ? 'first';
