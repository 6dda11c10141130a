-- Goods conceded with the consent of one customer: that customer stands on the lot, where the gate of use reads it, and goes
-- along to whatever is split off. No other concession takes it away.
ALTER TABLE lot
    ADD COLUMN conceded_customer_id uuid,
    ADD FOREIGN KEY (tenant_id, conceded_customer_id) REFERENCES customer (tenant_id, id);
UPDATE lot SET conceded_customer_id = d.customer_id
FROM disposition d WHERE d.tenant_id = lot.tenant_id AND d.id = lot.concession_id AND d.customer_id IS NOT NULL;
CREATE INDEX lot_conceded_to_one ON lot (tenant_id, conceded_customer_id) WHERE conceded_customer_id IS NOT NULL;

-- The last word, whoever writes: such a lot is on no line of another customer's shipment, and never loses its customer.
CREATE FUNCTION assert_consented() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM lot l JOIN shipment s ON s.tenant_id = NEW.tenant_id AND s.id = NEW.shipment_id
        WHERE l.tenant_id = NEW.tenant_id AND l.id = NEW.lot_id AND l.conceded_customer_id <> s.customer_id
    ) THEN
        RAISE EXCEPTION 'conceded for another customer' USING ERRCODE = 'check_violation', CONSTRAINT = 'shipment_consented';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER shipment_line_consented BEFORE INSERT OR UPDATE OF lot_id, shipment_id ON shipment_line
    FOR EACH ROW EXECUTE FUNCTION assert_consented();
CREATE FUNCTION assert_consent_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'consented by one customer' USING ERRCODE = 'check_violation', CONSTRAINT = 'consent_kept';
END $$;
CREATE TRIGGER lot_consent_kept BEFORE UPDATE OF conceded_customer_id ON lot FOR EACH ROW
    WHEN (OLD.conceded_customer_id IS NOT NULL AND NEW.conceded_customer_id IS DISTINCT FROM OLD.conceded_customer_id)
    EXECUTE FUNCTION assert_consent_kept();
