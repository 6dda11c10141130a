-- Wrong PINs, as terminals tell of them and as the platform sees them itself: a badge that was tried too often opens nowhere until its
-- PIN is another one. `tried_at` is put right by what the terminal's clock is wrong.
CREATE TABLE pin_try (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,                           -- made by the terminal: told twice it counts once
    badge_id uuid NOT NULL,
    key_no integer NOT NULL,                    -- of which PIN
    terminal_id uuid,                           -- empty where the PIN was asked for by the platform
    tried_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, badge_id) REFERENCES badge (tenant_id, id),
    FOREIGN KEY (tenant_id, terminal_id) REFERENCES terminal (tenant_id, id)
);
CREATE INDEX pin_try_badge ON pin_try (tenant_id, badge_id, key_no, tried_at);
CALL protect('pin_try', 'SELECT, INSERT', false);
-- Up to when wrong tries are forgiven: the right PIN was used then.
ALTER TABLE badge ADD COLUMN pin_right_at timestamptz NOT NULL DEFAULT '-infinity';
GRANT UPDATE (pin_right_at) ON badge TO trace_tenant;
