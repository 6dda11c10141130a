-- A line that was taken off before departure never left: it is no end of a trace and no shipment in the order of events.
ALTER TABLE shipment_line ADD COLUMN cancelled_at timestamptz;
UPDATE shipment_line n SET cancelled_at = n.returned_at
FROM shipment s
WHERE s.tenant_id = n.tenant_id AND s.id = n.shipment_id AND n.returned_at IS NOT NULL AND n.returned_lot_id IS NULL
  AND n.refused_quantity = 0 AND (s.departed_at IS NULL OR n.returned_at < s.departed_at);
ALTER TABLE shipment_line ADD CONSTRAINT shipment_line_cancelled CHECK (cancelled_at IS NULL OR returned_at IS NOT NULL);
