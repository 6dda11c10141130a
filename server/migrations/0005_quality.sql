-- What was measured, against which limits, by whom; and the signed act of release.
CREATE TABLE characteristic (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    code text NOT NULL,
    name text NOT NULL,
    name_en text,
    unit text,
    method text,
    result_kind text NOT NULL CHECK (result_kind IN ('number', 'count', 'grade', 'option')),
    decimals smallint CHECK (decimals BETWEEN 0 AND 12),
    comparison_rule text NOT NULL DEFAULT 'full_value' CHECK (comparison_rule IN ('full_value', 'rounded')),
    options text[] NOT NULL DEFAULT '{}',  -- of options and (best first) of grades
    severity text NOT NULL DEFAULT 'major' CHECK (severity IN ('critical', 'major', 'minor')),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
-- `product_id` empty: for every product (a place, a device, a working day).
CREATE TABLE specification (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    product_id uuid,
    step_id uuid,
    characteristic_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE NULLS NOT DISTINCT (tenant_id, product_id, step_id, characteristic_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, step_id) REFERENCES process_step (tenant_id, id),
    FOREIGN KEY (tenant_id, characteristic_id) REFERENCES characteristic (tenant_id, id)
);
CREATE TABLE specification_version (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    specification_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    limits jsonb NOT NULL,                 -- {legal, customer, internal, warning}: each a limit set or absent
    required boolean NOT NULL DEFAULT true,
    standard text,
    standard_edition text,
    valid_from timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, specification_id, version),
    FOREIGN KEY (tenant_id, specification_id) REFERENCES specification (tenant_id, id)
);
CREATE TABLE form (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    code text NOT NULL,
    name text NOT NULL,
    stage text NOT NULL CHECK (stage IN ('material', 'production', 'testing', 'logistics')),
    product_id uuid,
    subject_kind text NOT NULL CHECK (subject_kind IN ('lot', 'device', 'place', 'supplier', 'shipment', 'working_day')),
    document_no text,
    keep_years smallint,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
CREATE TABLE form_version (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    form_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    schema jsonb NOT NULL,                 -- JSON Schema 2020-12
    ui jsonb NOT NULL DEFAULT '{}',
    specification_version_ids uuid[] NOT NULL DEFAULT '{}',
    in_force_from timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, form_id, version),
    FOREIGN KEY (tenant_id, form_id) REFERENCES form (tenant_id, id)
);
CREATE TABLE record (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    entry_id uuid NOT NULL,                -- the client's: a replay is the same row
    body_digest bytea NOT NULL,            -- of what the client sent: another body under the same entry_id is a conflict
    stage text NOT NULL CHECK (stage IN ('material', 'production', 'testing', 'logistics')),
    form_version_id uuid NOT NULL,
    lot_id uuid,
    device_id uuid,
    place_id uuid,
    supplier_id uuid,
    shipment_id uuid,
    working_day date,
    operation_id uuid,
    values jsonb NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'not_judged')),
    warning boolean NOT NULL DEFAULT false,
    failed_sets text[] NOT NULL DEFAULT '{}',
    verdict_in_force text CHECK (verdict_in_force IN ('pass', 'fail', 'not_judged')), -- by the form version in force at received_at, where it differs
    source text NOT NULL CHECK (source IN ('phone', 'web', 'plc', 'import', 'api', 'camera', 'paper')),
    operator_id uuid,
    operator_name text NOT NULL,
    checker_id uuid,
    checker_name text,
    report_no text,
    captured_at timestamptz,
    received_at timestamptz NOT NULL DEFAULT now(),
    late_reason text,
    corrects uuid,
    correction_reason text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, form_version_id) REFERENCES form_version (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES device (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    FOREIGN KEY (tenant_id, supplier_id) REFERENCES supplier (tenant_id, id),
    FOREIGN KEY (tenant_id, shipment_id) REFERENCES shipment (tenant_id, id),
    FOREIGN KEY (tenant_id, operation_id) REFERENCES operation (tenant_id, id),
    FOREIGN KEY (tenant_id, corrects) REFERENCES record (tenant_id, id),
    CHECK (num_nonnulls(lot_id, device_id, place_id, supplier_id, shipment_id, working_day) = 1),
    CHECK ((corrects IS NULL) = (correction_reason IS NULL))
);
CREATE INDEX record_lot ON record (tenant_id, lot_id, received_at) WHERE lot_id IS NOT NULL;
CREATE INDEX record_device ON record (tenant_id, device_id, received_at) WHERE device_id IS NOT NULL;
CREATE INDEX record_place ON record (tenant_id, place_id, received_at) WHERE place_id IS NOT NULL;
CREATE INDEX record_supplier ON record (tenant_id, supplier_id, received_at) WHERE supplier_id IS NOT NULL;
CREATE INDEX record_shipment ON record (tenant_id, shipment_id, received_at) WHERE shipment_id IS NOT NULL;
CREATE INDEX record_day ON record (tenant_id, working_day) WHERE working_day IS NOT NULL;
CREATE UNIQUE INDEX record_corrected_once ON record (tenant_id, corrects) WHERE corrects IS NOT NULL;

CREATE TABLE measurement (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    position smallint NOT NULL,
    characteristic_id uuid NOT NULL,
    specification_version_id uuid,
    value numeric,
    option text,
    qualifier text CHECK (qualifier IN ('<', '>', 'not_detected')),
    counts integer[],
    unit text,
    limits jsonb,                          -- the sets that held at that moment
    failed_sets text[] NOT NULL DEFAULT '{}',
    warning boolean NOT NULL DEFAULT false,
    verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'not_judged')),
    sample_no smallint,
    lot_id uuid,
    product_id uuid,
    stage text NOT NULL,
    step_id uuid,
    line_place_id uuid,
    device_id uuid,
    supplier_id uuid,
    operator_id uuid,
    shift text,
    at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, record_id, position),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id),
    FOREIGN KEY (tenant_id, characteristic_id) REFERENCES characteristic (tenant_id, id)
);
CREATE INDEX measurement_lot ON measurement (tenant_id, lot_id) WHERE lot_id IS NOT NULL;
CREATE TABLE record_attachment (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    attachment_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, record_id, attachment_id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id)
);
CREATE TABLE lot_attachment (
    tenant_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    attachment_id uuid NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (tenant_id, lot_id, attachment_id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id)
);
-- The roll-up a trace reads: kept in the transaction that stores or corrects a record.
CREATE TABLE lot_quality (
    tenant_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    records integer NOT NULL DEFAULT 0,
    fails integer NOT NULL DEFAULT 0,
    not_judged integer NOT NULL DEFAULT 0,
    warnings integer NOT NULL DEFAULT 0,
    legal_fails integer NOT NULL DEFAULT 0,
    documents integer NOT NULL DEFAULT 0,
    last_record_at timestamptz,
    PRIMARY KEY (tenant_id, lot_id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE TABLE release (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    decision text NOT NULL CHECK (decision IN ('released', 'rejected')),
    checklist jsonb NOT NULL,
    remark text,
    signer_id uuid NOT NULL,
    signer_name text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX release_lot ON release (tenant_id, lot_id, id);

CREATE PROCEDURE protect_quality() LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['characteristic', 'specification', 'form', 'lot_quality'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT, UPDATE', true);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['specification_version', 'form_version', 'record', 'measurement', 'record_attachment', 'lot_attachment', 'release'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT', true);
    END LOOP;
END $$;
CALL protect_quality();
DROP PROCEDURE protect_quality;
GRANT INSERT ON record, measurement TO trace_bulk;
