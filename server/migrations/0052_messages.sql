-- Messages: one row for each that is to reach somebody outside the page, and what became of it.
-- Crosses tenants: who signs in belongs to nobody yet.
CREATE TABLE message (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    channel text NOT NULL CHECK (channel IN ('sms')),
    template text NOT NULL CHECK (template IN ('one_time_code')),
    recipient text NOT NULL,
    one_time_code_id uuid UNIQUE,          -- one message for each; the code itself is never here
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'sending', 'sent', 'unknown', 'delivered', 'failed', 'expired')),
    attempts smallint NOT NULL DEFAULT 0,
    due_at timestamptz DEFAULT now(),      -- of the next step: sending, the end of a lease, asking what became of it; empty: none
    claimed_by text,
    vendor_id text,
    error text,                            -- the vendor's code
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz,
    ended_at timestamptz
);
CREATE INDEX message_due ON message (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX message_age ON message (created_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON message TO trace_system;
