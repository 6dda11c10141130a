-- Inspections that fall due and what became of them, second checkers, late entries, and how severely suppliers are sampled.

-- Every form states its document number and how long its records are kept. Nothing deletes a record: the roles of the
-- application may not, and no route asks for it.
ALTER TABLE form
    ALTER COLUMN document_no TYPE text USING coalesce(document_no, code),
    ALTER COLUMN keep_years TYPE smallint USING coalesce(keep_years, 2),
    ALTER COLUMN keep_years SET DEFAULT 2,
    ALTER COLUMN keep_years SET NOT NULL,
    ADD COLUMN second_check boolean NOT NULL DEFAULT false, -- another person confirms every record
    ADD COLUMN late_after_minutes integer CHECK (late_after_minutes > 0); -- empty: as the enterprise set it

-- Who typed it (the operator may be somebody else), and whether it came too long after the fact.
ALTER TABLE record ADD COLUMN entered_by uuid, ADD COLUMN late_entry boolean;
CREATE INDEX record_late ON record (tenant_id, received_at) WHERE late_entry;

CREATE TABLE inspection_plan (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    code text NOT NULL,
    name text NOT NULL,
    trigger text NOT NULL CHECK (trigger IN ('receipt', 'first_piece', 'hours', 'pieces', 'last_piece', 'end_of_lot',
                                             'before_shipment', 'after_release', 'daily', 'weekly', 'monthly')),
    product_id uuid,  -- or material; empty: every one
    step_id uuid,     -- empty: every step
    device_id uuid,
    place_id uuid,
    retired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, step_id) REFERENCES process_step (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES device (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    CHECK (num_nonnulls(device_id, place_id) <= 1)
);
CREATE INDEX inspection_plan_trigger ON inspection_plan (tenant_id, trigger) WHERE retired_at IS NULL;
CREATE TABLE inspection_plan_version (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    plan_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    form_id uuid NOT NULL,
    within_minutes integer NOT NULL CHECK (within_minutes > 0), -- to be done within, from when it falls due
    mandatory boolean NOT NULL DEFAULT true,                    -- no release while it is open
    first_piece_on text[] NOT NULL DEFAULT '{}',
    stop_hours numeric CHECK (stop_hours > 0),
    every_hours numeric CHECK (every_hours > 0),
    every_pieces numeric CHECK (every_pieces > 0),
    while_running boolean NOT NULL DEFAULT true,                -- every_hours: only while operations run
    days_after integer[] NOT NULL DEFAULT '{}',                 -- after_release
    weekdays integer[] NOT NULL DEFAULT '{1,2,3,4,5,6,7}',      -- daily: 1 is Monday
    sampling jsonb,                                             -- {aql, level}; empty: the form's own samples
    in_force_from timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, plan_id, version),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES inspection_plan (tenant_id, id),
    FOREIGN KEY (tenant_id, form_id) REFERENCES form (tenant_id, id)
);

-- One thing to be inspected. It is missed while it is open past `due_at`, and closed as late when it is done after that;
-- never deleted. `event_key` names what made it fall due, so that the same event does so once.
CREATE TABLE inspection (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    plan_id uuid NOT NULL,
    plan_version_id uuid NOT NULL,
    form_id uuid NOT NULL,
    trigger text NOT NULL,
    reason text NOT NULL,
    event_key text NOT NULL,
    mandatory boolean NOT NULL,
    lot_id uuid,
    device_id uuid,
    place_id uuid,
    shipment_id uuid,
    working_day date,
    operation_id uuid,
    supplier_id uuid,
    product_id uuid,
    reinspects uuid,
    due_from timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    missed_at timestamptz,                  -- when it was told that nobody came
    quantity numeric CHECK (quantity >= 0), -- of the lot, in `unit`; the three below add up to it
    unit text,
    accepted numeric NOT NULL DEFAULT 0 CHECK (accepted >= 0),
    rejected numeric NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    pending numeric NOT NULL DEFAULT 0 CHECK (pending >= 0),
    sampling jsonb,                         -- the plan it was decided by
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done')),
    verdict text CHECK (verdict IN ('pass', 'fail', 'not_judged')),
    record_id uuid,
    done_at timestamptz,                    -- as claimed
    entered_at timestamptz,                 -- by our clock
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, plan_id, event_key),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES inspection_plan (tenant_id, id),
    FOREIGN KEY (tenant_id, plan_version_id) REFERENCES inspection_plan_version (tenant_id, id),
    FOREIGN KEY (tenant_id, form_id) REFERENCES form (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES device (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    FOREIGN KEY (tenant_id, shipment_id) REFERENCES shipment (tenant_id, id),
    FOREIGN KEY (tenant_id, operation_id) REFERENCES operation (tenant_id, id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id),
    FOREIGN KEY (tenant_id, reinspects) REFERENCES inspection (tenant_id, id),
    CHECK (num_nonnulls(lot_id, device_id, place_id, shipment_id, working_day) = 1),
    CHECK (due_at >= due_from),
    CHECK ((state = 'done') = (verdict IS NOT NULL AND entered_at IS NOT NULL)),
    CONSTRAINT inspection_counts_all CHECK (accepted + rejected + pending = coalesce(quantity, 0))
);
CREATE INDEX inspection_open ON inspection (tenant_id, due_at, id) WHERE state = 'open';
CREATE INDEX inspection_done ON inspection (tenant_id, entered_at, id) WHERE state = 'done';
CREATE INDEX inspection_not_passed ON inspection (tenant_id, entered_at, id) WHERE verdict = 'fail';
CREATE INDEX inspection_lot ON inspection (tenant_id, lot_id) WHERE lot_id IS NOT NULL;
CREATE INDEX inspection_device ON inspection (tenant_id, device_id, due_from) WHERE device_id IS NOT NULL;
CREATE INDEX inspection_place ON inspection (tenant_id, place_id, due_from) WHERE place_id IS NOT NULL;
CREATE INDEX inspection_shipment ON inspection (tenant_id, shipment_id) WHERE shipment_id IS NOT NULL;
CREATE INDEX inspection_day ON inspection (tenant_id, working_day) WHERE working_day IS NOT NULL;
CREATE INDEX inspection_sampled ON inspection (tenant_id, plan_id, supplier_id, product_id, entered_at, id)
    WHERE sampling IS NOT NULL AND state = 'done';
CREATE INDEX inspection_repeats ON inspection (tenant_id, reinspects) WHERE reinspects IS NOT NULL;

-- What each record decided of its inspection: several may, each for a part of the quantity.
CREATE TABLE inspection_result (
    tenant_id uuid NOT NULL,
    inspection_id uuid NOT NULL,
    record_id uuid NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('pass', 'fail', 'not_judged')),
    accepted numeric NOT NULL CHECK (accepted >= 0),
    rejected numeric NOT NULL CHECK (rejected >= 0),
    sample_size integer CHECK (sample_size > 0),
    defectives integer CHECK (defectives BETWEEN 0 AND sample_size),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, record_id),
    FOREIGN KEY (tenant_id, inspection_id) REFERENCES inspection (tenant_id, id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id)
);
CREATE INDEX inspection_result_inspection ON inspection_result (tenant_id, inspection_id);
-- What was accepted or rejected and went its own way as a lot of its own.
CREATE TABLE inspection_part (
    tenant_id uuid NOT NULL,
    inspection_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('accepted', 'rejected')),
    quantity numeric NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (tenant_id, inspection_id, lot_id),
    FOREIGN KEY (tenant_id, inspection_id) REFERENCES inspection (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX inspection_part_lot ON inspection_part (tenant_id, lot_id);
-- Another person's confirmation of a record: the second checker's, or of what was typed from a sheet of paper.
CREATE TABLE record_check (
    tenant_id uuid NOT NULL,
    record_id uuid NOT NULL,
    checker_id uuid NOT NULL,
    checker_name text NOT NULL,
    entered_by uuid,
    method text NOT NULL CHECK (method IN ('password', 'own_sign_in')),
    checked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, record_id),
    FOREIGN KEY (tenant_id, record_id) REFERENCES record (tenant_id, id),
    CONSTRAINT record_checked_by_another CHECK (checker_id IS DISTINCT FROM entered_by)
);
-- Sampling was discontinued, the supplier acted, and somebody let it go on (tightened).
CREATE TABLE sampling_resumption (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    plan_id uuid NOT NULL,
    supplier_id uuid,
    product_id uuid NOT NULL,
    reason text NOT NULL,
    resumed_at timestamptz NOT NULL DEFAULT now(),
    resumed_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, plan_id) REFERENCES inspection_plan (tenant_id, id),
    FOREIGN KEY (tenant_id, supplier_id) REFERENCES supplier (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
CREATE INDEX sampling_resumption_of ON sampling_resumption (tenant_id, plan_id, supplier_id, product_id);

CREATE INDEX operation_of_step ON operation (tenant_id, step_id, started_at) WHERE step_id IS NOT NULL;
CREATE INDEX operation_on_line ON operation (tenant_id, line_place_id, started_at) WHERE line_place_id IS NOT NULL;

CREATE PROCEDURE protect_inspections() LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['inspection_plan', 'inspection'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT, UPDATE', true);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['inspection_plan_version', 'inspection_result', 'inspection_part', 'record_check', 'sampling_resumption'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT', true);
    END LOOP;
END $$;
CALL protect_inspections();
DROP PROCEDURE protect_inspections;
