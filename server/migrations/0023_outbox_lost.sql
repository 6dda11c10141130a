-- Events whose worker ended without a word: few among many, and looked for before every claim.
CREATE INDEX outbox_lost ON outbox (due_at, id) WHERE done_at IS NULL AND dead_at IS NULL AND claimed_by IS NOT NULL;
