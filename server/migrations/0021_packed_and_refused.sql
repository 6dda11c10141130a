-- Which codes lie in a package (`code.package_id`), and what a customer refused of a line.
CREATE INDEX code_package ON code (package_id) WHERE package_id IS NOT NULL;
-- What such a `packed` link draws are the pieces whose codes lie in the package: they come out with it.
ALTER TABLE link ADD COLUMN coded boolean NOT NULL DEFAULT false;

-- In the line's unit. `returned_lot_id`: where the refused goods stand now, stopped.
ALTER TABLE shipment_line
    ADD COLUMN refused_quantity numeric NOT NULL DEFAULT 0 CHECK (refused_quantity >= 0),
    ADD COLUMN refused_serials int4multirange NOT NULL DEFAULT '{}',
    ADD COLUMN returned_lot_id uuid,
    ADD FOREIGN KEY (tenant_id, returned_lot_id) REFERENCES lot (tenant_id, id);
-- A refused serial may leave again.
ALTER TABLE shipment_line DROP CONSTRAINT serial_shipped_once;
ALTER TABLE shipment_line ADD CONSTRAINT serial_shipped_once
    EXCLUDE USING gist (order_id WITH =, (int4multirange(serials) - refused_serials) WITH &&)
    WHERE (order_id IS NOT NULL AND returned_at IS NULL);
