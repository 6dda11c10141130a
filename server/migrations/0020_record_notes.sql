-- Required fields that a record sent as incomplete still lacks (listed until a correction completes it), and what was
-- said to whoever sent it: a replay of the same entry answers with the same words.
ALTER TABLE record ADD COLUMN missing text[] NOT NULL DEFAULT '{}', ADD COLUMN notes jsonb NOT NULL DEFAULT '[]';
CREATE INDEX record_to_complete ON record (tenant_id, received_at) WHERE missing <> '{}';
