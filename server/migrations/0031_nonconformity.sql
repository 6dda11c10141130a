-- What failed and what becomes of it; and what a gauge that failed had measured.
CREATE TABLE nonconformity (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    number text NOT NULL,
    lot_id uuid NOT NULL,                       -- where the goods stand: the lot, or the part that was split off it
    from_lot_id uuid,                           -- the lot it was split off
    record_id uuid,                             -- the record that failed
    quantity numeric NOT NULL CHECK (quantity > 0),
    unit text NOT NULL,
    counted_before numeric NOT NULL DEFAULT 0,  -- the lot's count corrections until then
    defect text NOT NULL,
    defect_class text NOT NULL CHECK (defect_class IN ('A', 'B', 'C')), -- critical, major, minor
    stage text NOT NULL CHECK (stage IN ('material', 'production', 'testing', 'logistics')),
    party text NOT NULL CHECK (party IN ('unknown', 'supplier', 'step', 'carrier')),
    supplier_id uuid,
    step_id uuid,
    carrier text,
    party_reason text,                          -- why that party, beside the evidence
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    opened_by uuid,
    opener_name text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_by uuid,
    closer_name text,
    closed_at timestamptz,
    close_remark text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, from_lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id),
    FOREIGN KEY (tenant_id, supplier_id) REFERENCES supplier (tenant_id, id),
    FOREIGN KEY (tenant_id, step_id) REFERENCES process_step (tenant_id, id),
    CHECK ((party = 'supplier') = (supplier_id IS NOT NULL)),
    CHECK ((party = 'step') = (step_id IS NOT NULL)),
    CHECK ((party = 'carrier') = (carrier IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX nonconformity_open ON nonconformity (tenant_id, lot_id) WHERE state = 'open';
CREATE INDEX nonconformity_lot ON nonconformity (tenant_id, lot_id);
CREATE INDEX nonconformity_state ON nonconformity (tenant_id, state, id);
-- What shows it: each row names a record or a file.
CREATE TABLE nonconformity_evidence (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    nonconformity_id uuid NOT NULL,
    record_id uuid,
    attachment_id uuid,
    added_by uuid,
    added_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, nonconformity_id, record_id, attachment_id),
    FOREIGN KEY (tenant_id, nonconformity_id) REFERENCES nonconformity (tenant_id, id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id),
    CHECK (num_nonnulls(record_id, attachment_id) = 1)
);

-- Who must sign before a disposition takes effect; `product_id` empty: for products without a rule of their own.
CREATE TABLE review_rule (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    product_id uuid,
    roles text[] NOT NULL DEFAULT '{}',         -- each of them signs, by people of their own
    people smallint NOT NULL DEFAULT 1 CHECK (people BETWEEN 1 AND 20),
    customer_consent boolean NOT NULL DEFAULT false, -- a concession needs the customer's consent
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, product_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
CREATE TABLE disposition (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    nonconformity_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('rework', 'repair', 'sort', 'downgrade', 'scrap', 'destroy', 'return', 'concession')),
    quantity numeric NOT NULL CHECK (quantity > 0),
    unit text NOT NULL,
    reason text NOT NULL,
    product_id uuid,                            -- what it is from then on: of a downgrade
    expires_at timestamptz,                     -- of a concession
    customer_id uuid,                           -- who consented, and the paper that says so
    consent_attachment_id uuid,
    needs_people smallint NOT NULL CHECK (needs_people >= 1), -- as the rule stood when it was proposed
    needs_roles text[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'carried_out', 'verified', 'refused', 'withdrawn')),
    proposed_by uuid,
    proposer_name text NOT NULL,
    proposed_at timestamptz NOT NULL DEFAULT now(),
    approved_at timestamptz,
    approver_id uuid,                           -- whose signature made it take effect
    approver_name text,
    carried_out_at timestamptz,
    carried_out_by uuid,
    carried_out_name text,
    accounted numeric,                          -- how much of the nonconforming quantity it took care of
    result_lot_id uuid,                         -- the reworked, sorted out, downgraded or conceded lot
    detail text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, nonconformity_id) REFERENCES nonconformity (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id),
    FOREIGN KEY (tenant_id, consent_attachment_id) REFERENCES attachment (tenant_id, id),
    FOREIGN KEY (tenant_id, result_lot_id) REFERENCES lot (tenant_id, id),
    CHECK ((kind = 'concession') = (expires_at IS NOT NULL)),
    CHECK ((kind = 'downgrade') = (product_id IS NOT NULL)),
    CHECK ((state IN ('carried_out', 'verified')) = (accounted IS NOT NULL))
);
CREATE INDEX disposition_nonconformity ON disposition (tenant_id, nonconformity_id);
CREATE TABLE disposition_signature (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    disposition_id uuid NOT NULL,
    decision text NOT NULL CHECK (decision IN ('approve', 'refuse')),
    signer_id uuid NOT NULL,
    signer_name text NOT NULL,
    roles text[] NOT NULL,                      -- the signer's, then
    remark text,
    signed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT disposition_signed_once UNIQUE (tenant_id, disposition_id, signer_id),
    FOREIGN KEY (tenant_id, disposition_id) REFERENCES disposition (tenant_id, id)
);
CREATE TABLE disposition_attachment (
    tenant_id uuid NOT NULL,
    disposition_id uuid NOT NULL,
    attachment_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, disposition_id, attachment_id),
    FOREIGN KEY (tenant_id, disposition_id) REFERENCES disposition (tenant_id, id),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id)
);

-- A concession lives on the lot, where the gate of use reads it: until when, and how far `used_quantity` may go.
ALTER TABLE lot
    ADD COLUMN conceded_until timestamptz,
    ADD COLUMN conceded_quantity numeric,
    ADD COLUMN concession_id uuid,
    ADD FOREIGN KEY (tenant_id, concession_id) REFERENCES disposition (tenant_id, id),
    ADD CONSTRAINT lot_concession_whole CHECK (num_nulls(conceded_until, conceded_quantity, concession_id) IN (0, 3)),
    ADD CONSTRAINT lot_within_concession CHECK (used_quantity <= conceded_quantity);
CREATE INDEX lot_conceded ON lot (tenant_id, concession_id) WHERE concession_id IS NOT NULL;
-- How goods left the books otherwise than by use.
ALTER TABLE scrap ADD COLUMN fate text NOT NULL DEFAULT 'scrapped' CHECK (fate IN ('scrapped', 'destroyed', 'returned'));

-- Which of these lots stand outside a legal limit: by a record of their own or of the goods they were split or merged from;
-- or by one of the goods they were reworked from, where no later record passed what had failed.
CREATE FUNCTION legally_barred(tenant uuid, lots uuid[]) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE goods(root, lot, level) AS (
        SELECT l, l, 0 FROM unnest(lots) AS l
      UNION
        SELECT g.root, k.from_lot, g.level + (k.kind IN ('reworked', 'repaired'))::int
        FROM goods g JOIN link k ON k.tenant_id = tenant AND k.to_lot = g.lot
        WHERE k.kind IN ('split', 'merged', 'reworked', 'repaired') AND k.reverses IS NULL
          AND NOT EXISTS (SELECT FROM link r WHERE r.tenant_id = tenant AND r.reverses = k.id)
    ), failed AS (
        SELECT g.* FROM goods g JOIN lot_quality q ON q.tenant_id = tenant AND q.lot_id = g.lot WHERE q.legal_fails > 0
    )
    SELECT DISTINCT f.root FROM failed f
    WHERE f.level = 0 OR EXISTS (
        SELECT FROM measurement m
        WHERE m.tenant_id = tenant AND m.lot_id = f.lot AND 'legal' = ANY (m.failed_sets)
          AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = tenant AND c.corrects = m.record_id)
          AND NOT EXISTS (
            SELECT FROM goods h JOIN measurement p ON p.tenant_id = tenant AND p.lot_id = h.lot
            WHERE h.root = f.root AND h.level < f.level AND p.characteristic_id = m.characteristic_id AND p.verdict = 'pass'
              AND NOT EXISTS (SELECT FROM record c WHERE c.tenant_id = tenant AND c.corrects = p.record_id)))
$$;

-- Whatever the way: nothing outside a legal limit is released or conceded, and a concession is one that was signed.
CREATE FUNCTION assert_within_law() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    freed record;
BEGIN
    FOR freed IN
        SELECT a.tenant_id, array_agg(a.id) AS lots FROM after a JOIN before b ON b.tenant_id = a.tenant_id AND b.id = a.id
        WHERE (a.state = 'released' AND b.state <> 'released') OR a.concession_id IS DISTINCT FROM b.concession_id
        GROUP BY a.tenant_id
    LOOP
        IF EXISTS (SELECT FROM legally_barred(freed.tenant_id, freed.lots)) THEN
            RAISE EXCEPTION 'a legal limit failed' USING ERRCODE = 'check_violation', CONSTRAINT = 'lot_within_law';
        END IF;
        IF EXISTS (
            SELECT FROM after a JOIN before b ON b.tenant_id = a.tenant_id AND b.id = a.id
            LEFT JOIN disposition d ON d.tenant_id = a.tenant_id AND d.id = a.concession_id
                AND d.kind = 'concession' AND d.state IN ('approved', 'carried_out') AND a.conceded_until <= d.expires_at
            WHERE a.concession_id IS DISTINCT FROM b.concession_id AND d.id IS NULL
        ) THEN
            RAISE EXCEPTION 'no such concession was signed' USING ERRCODE = 'check_violation', CONSTRAINT = 'concession_signed';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER lot_within_law AFTER UPDATE ON lot REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION assert_within_law();

CREATE FUNCTION assert_disposition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'nobody signed' USING ERRCODE = 'check_violation', CONSTRAINT = 'disposition_signed';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.state = 'approved' AND (
        (SELECT count(*) FROM disposition_signature s WHERE s.tenant_id = NEW.tenant_id AND s.disposition_id = NEW.id
         AND s.decision = 'approve') < NEW.needs_people
        OR NOT EXISTS (SELECT FROM disposition_signature s WHERE s.tenant_id = NEW.tenant_id AND s.disposition_id = NEW.id
                       AND s.decision = 'approve' AND s.signer_id IS DISTINCT FROM NEW.proposed_by)
    ) OR NEW.state = 'carried_out' AND OLD.state <> 'approved' THEN
        RAISE EXCEPTION 'signatures are missing' USING ERRCODE = 'check_violation', CONSTRAINT = 'disposition_signed';
    END IF;
    IF NEW.state = 'carried_out' AND NEW.kind IN ('scrap', 'destroy') AND NOT EXISTS (
        SELECT FROM disposition_attachment a WHERE a.tenant_id = NEW.tenant_id AND a.disposition_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'evidence is missing' USING ERRCODE = 'check_violation', CONSTRAINT = 'disposition_evidenced';
    END IF;
    IF NEW.state IN ('approved', 'carried_out') AND NEW.kind IN ('concession', 'sort', 'downgrade') AND EXISTS (
        SELECT FROM nonconformity n CROSS JOIN LATERAL legally_barred(n.tenant_id, ARRAY[n.lot_id])
        WHERE n.tenant_id = NEW.tenant_id AND n.id = NEW.nonconformity_id
    ) THEN
        RAISE EXCEPTION 'a legal limit failed' USING ERRCODE = 'check_violation', CONSTRAINT = 'disposition_within_law';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disposition_guard BEFORE INSERT OR UPDATE OF state ON disposition
    FOR EACH ROW EXECUTE FUNCTION assert_disposition();

-- Which gauges a record was measured with (it names them, or its operation used them), and how their calibration stood
-- then. `at` is the record's moment; it, the lot and the number of results are copies, so that a gauge's whole use is read here.
CREATE TABLE record_gauge (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    device_id uuid NOT NULL,
    calibration text NOT NULL CHECK (calibration IN ('valid', 'expired', 'failed', 'none', 'not_required')),
    at timestamptz NOT NULL,
    lot_id uuid,
    results integer NOT NULL,
    PRIMARY KEY (tenant_id, record_id, device_id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES device (tenant_id, id)
);
CREATE INDEX record_gauge_device ON record_gauge (tenant_id, device_id, at) INCLUDE (record_id, lot_id, results);
CREATE INDEX record_operation ON record (tenant_id, operation_id) WHERE operation_id IS NOT NULL;
-- What an entry made with an overdue gauge comes to: it is marked, or refused.
CREATE TABLE gauge_rule (
    tenant_id uuid PRIMARY KEY REFERENCES tenant (id),
    overdue text NOT NULL CHECK (overdue IN ('mark', 'block'))
);

CREATE PROCEDURE protect_nonconformity() LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['review_rule', 'gauge_rule'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT, UPDATE', true);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['nonconformity', 'nonconformity_evidence', 'disposition', 'disposition_signature',
                             'disposition_attachment', 'record_gauge'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT', true);
    END LOOP;
END $$;
CALL protect_nonconformity();
DROP PROCEDURE protect_nonconformity;
-- What was stated or signed is not rewritten: only what happens next is added.
GRANT UPDATE (state, closed_by, closer_name, closed_at, close_remark) ON nonconformity TO trace_tenant;
GRANT UPDATE (state, approved_at, approver_id, approver_name, carried_out_at, carried_out_by, carried_out_name, accounted,
              result_lot_id, detail) ON disposition TO trace_tenant;
