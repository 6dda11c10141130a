-- Where a device stood, from when to when: what a check that fails puts in doubt is what was there with it. A device that was
-- never moved has no row: it stands where `device.place_id` says, as long as anybody knows.
CREATE TABLE device_placement (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    device_id uuid NOT NULL,
    place_id uuid NOT NULL,
    from_at timestamptz,                        -- empty: as long as anybody knows
    until_at timestamptz,                       -- empty: it stands there still
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES device (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    CHECK (until_at >= from_at),
    CONSTRAINT device_in_one_place EXCLUDE USING gist (device_id WITH =, tstzrange(from_at, until_at) WITH &&)
);
CREATE INDEX device_placement_device ON device_placement (tenant_id, device_id, from_at);
CALL protect('device_placement', 'SELECT, INSERT, UPDATE (until_at)', true);
