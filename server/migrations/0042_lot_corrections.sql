-- What was mistyped of a lot and put right: what stood there, what stands there now, who says so and why.
CREATE TABLE lot_correction (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    corrected_lot_id uuid NOT NULL,        -- whose entry was wrong: the lot itself, or the one that it was parted from
    at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    before jsonb NOT NULL,
    after jsonb NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, corrected_lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX lot_correction_lot ON lot_correction (tenant_id, lot_id, id);
CALL protect('lot_correction', 'SELECT, INSERT', true);
