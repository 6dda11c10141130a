-- A delivery that will not come, and why; goods that a receiver took elsewhere than they were sent to.
ALTER TABLE delivery
    ADD COLUMN cancelled_at timestamptz,
    ADD COLUMN cancel_reason text,
    ADD CONSTRAINT delivery_cancelled CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL AND cancel_reason IS NOT NULL));

-- Where the goods really arrived: a point of sale, of whichever customer; empty where they arrived as sent.
ALTER TABLE shipment_line
    ADD COLUMN received_outlet_id uuid,
    ADD FOREIGN KEY (tenant_id, received_outlet_id) REFERENCES outlet (tenant_id, id);
CREATE INDEX shipment_line_received_at ON shipment_line (tenant_id, received_outlet_id) WHERE received_outlet_id IS NOT NULL;
