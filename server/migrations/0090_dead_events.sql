-- The platform's first page says at a glance how many events were given up.
CREATE INDEX outbox_dead ON outbox (dead_at) WHERE dead_at IS NOT NULL;
