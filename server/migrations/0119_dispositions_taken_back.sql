-- A disposition that was carried out by mistake is taken back: it is withdrawn, with who, when and why; what it left is free of it.
ALTER TABLE disposition
    ADD COLUMN reversed_at timestamptz,
    ADD COLUMN reversed_by uuid,
    ADD COLUMN reverser_name text,
    ADD COLUMN reverse_reason text,
    ADD COLUMN consent_before uuid,             -- of a concession: for whom alone the goods were before it
    ADD FOREIGN KEY (tenant_id, consent_before) REFERENCES customer (tenant_id, id),
    ADD CHECK (num_nulls(reversed_at, reverser_name, reverse_reason) IN (0, 3)),
    ADD CHECK (reversed_at IS NULL OR state = 'withdrawn');
GRANT UPDATE (reversed_at, reversed_by, reverser_name, reverse_reason, consent_before) ON disposition TO trace_tenant;

-- As in 0031, but a concession may end: the goods are less free then, not more.
CREATE OR REPLACE FUNCTION assert_within_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    freed record;
BEGIN
    FOR freed IN
        SELECT a.tenant_id, array_agg(a.id) AS lots FROM after a JOIN before b ON b.tenant_id = a.tenant_id AND b.id = a.id
        WHERE (a.state = 'released' AND b.state <> 'released')
           OR (a.concession_id IS NOT NULL AND a.concession_id IS DISTINCT FROM b.concession_id)
        GROUP BY a.tenant_id
    LOOP
        IF EXISTS (SELECT FROM legally_barred(freed.tenant_id, freed.lots)) THEN
            RAISE EXCEPTION 'a legal limit failed' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_within_law';
        END IF;
        IF EXISTS (
            SELECT FROM after a JOIN before b ON b.tenant_id = a.tenant_id AND b.id = a.id
            LEFT JOIN disposition d ON d.tenant_id = a.tenant_id AND d.id = a.concession_id
                AND d.kind = 'concession' AND d.state IN ('approved', 'carried_out') AND a.conceded_until <= d.expires_at
            WHERE a.concession_id IS NOT NULL AND a.concession_id IS DISTINCT FROM b.concession_id AND d.id IS NULL
        ) THEN
            RAISE EXCEPTION 'no such concession was signed' USING ERRCODE = 'check_violation', CONSTRAINT = 'concession_signed';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

-- Nobody else takes the concession's end for the end of what one customer consented to.
CREATE FUNCTION assert_concession_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM disposition d WHERE d.tenant_id = OLD.tenant_id AND d.id = OLD.concession_id AND d.reversed_at IS NOT NULL)
       OR NOT EXISTS (SELECT FROM hold h WHERE h.tenant_id = OLD.tenant_id AND h.lot_id = OLD.id AND h.closed_at IS NULL) THEN
        RAISE EXCEPTION 'the concession was not taken back' USING ERRCODE = 'check_violation', CONSTRAINT = 'concession_signed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER lot_concession_ended BEFORE UPDATE OF concession_id ON lot FOR EACH ROW
    WHEN (OLD.concession_id IS NOT NULL AND NEW.concession_id IS NULL)
    EXECUTE FUNCTION assert_concession_ended();
DROP TRIGGER lot_consent_kept ON lot;
CREATE TRIGGER lot_consent_kept BEFORE UPDATE OF conceded_customer_id ON lot FOR EACH ROW
    WHEN (OLD.conceded_customer_id IS NOT NULL AND NEW.conceded_customer_id IS DISTINCT FROM OLD.conceded_customer_id
          AND (OLD.concession_id IS NULL OR NEW.concession_id IS NOT NULL))
    EXECUTE FUNCTION assert_consent_kept();
