-- A lot that was announced and was not on the vehicle is said to be absent by the handover that took the rest in. It may come later:
-- the delivery stays open to the gate (`partial`), and each vehicle that comes for it is a handover of its own.
ALTER TABLE delivery
    DROP CONSTRAINT delivery_state_check,
    DROP CONSTRAINT delivery_cancelled,
    ADD CONSTRAINT delivery_state_check CHECK (state IN ('expected', 'announced', 'partial', 'received', 'cancelled')),
    ADD CONSTRAINT delivery_cancelled CHECK (CASE state -- of a delivery that came in part, the rest may be cancelled
        WHEN 'cancelled' THEN num_nulls(cancelled_at, cancel_reason) = 0
        WHEN 'received' THEN num_nulls(cancelled_at, cancel_reason) IN (0, 2)
        ELSE num_nulls(cancelled_at, cancel_reason) = 2 END);

DROP INDEX handover_once;
CREATE UNIQUE INDEX handover_once ON handover (tenant_id, shipment_id, kind) WHERE shipment_id IS NOT NULL;
CREATE INDEX handover_delivery ON handover (tenant_id, delivery_id) WHERE delivery_id IS NOT NULL;

ALTER TABLE handover_line
    ADD COLUMN absent boolean NOT NULL DEFAULT false,     -- announced, and not on the vehicle
    ADD CONSTRAINT handover_absent_is_nothing CHECK (NOT absent
        OR NOT accepted AND delivery_line_id IS NOT NULL AND num_nonnulls(lot_id, quantity, refused_quantity, core_temperature) = 0);
CREATE INDEX handover_line_announced ON handover_line (tenant_id, delivery_line_id) WHERE delivery_line_id IS NOT NULL;
CREATE UNIQUE INDEX handover_line_came_once ON handover_line (tenant_id, delivery_line_id) WHERE delivery_line_id IS NOT NULL AND NOT absent;

-- What the gate left out before it was told to say so.
INSERT INTO handover_line (tenant_id, handover_id, delivery_line_id, accepted, absent, unit)
SELECT l.tenant_id, h.id, l.id, false, true, l.unit
FROM delivery_line l JOIN handover h ON h.tenant_id = l.tenant_id AND h.delivery_id = l.delivery_id
WHERE NOT EXISTS (SELECT FROM handover_line n WHERE n.tenant_id = l.tenant_id AND n.delivery_line_id = l.id);
