-- Materials: recipes and charging, what leaves a lot beside links, deliveries and handovers, retained samples, internal labels.
ALTER TABLE product
    ADD COLUMN balance_tolerance_percent numeric CHECK (balance_tolerance_percent BETWEEN 0 AND 100), -- of the mass balance, either way
    ADD COLUMN yield_low_percent numeric CHECK (yield_low_percent >= 0),
    ADD COLUMN yield_high_percent numeric CHECK (yield_high_percent >= 0),
    ADD COLUMN retain_days integer CHECK (retain_days >= 0),     -- retained samples are kept this long after expiry
    ADD COLUMN retain_months integer CHECK (retain_months >= 0);

CREATE TABLE recipe (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    product_id uuid NOT NULL,
    name text NOT NULL,
    retired_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, name),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
-- Immutable: a lot keeps the version it was made under.
CREATE TABLE recipe_version (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    recipe_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    batch_quantity numeric NOT NULL CHECK (batch_quantity > 0),
    unit text NOT NULL,
    outside text NOT NULL CHECK (outside IN ('warn', 'refuse')), -- what a charge outside its tolerance does
    remark text,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, recipe_id, version),
    FOREIGN KEY (tenant_id, recipe_id) REFERENCES recipe (tenant_id, id)
);
CREATE TABLE recipe_line (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    version_id uuid NOT NULL,
    position integer NOT NULL,
    product_id uuid NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),       -- for `batch_quantity` of the version
    unit text NOT NULL,
    below_percent numeric CHECK (below_percent >= 0),     -- tolerances; empty: none on that side
    above_percent numeric CHECK (above_percent >= 0),
    balanced boolean NOT NULL DEFAULT true,               -- counts in the mass balance; packaging does not
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, version_id, product_id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES recipe_version (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
-- A production lot made under a recipe; without a row a lot is charged with anything that may be used.
CREATE TABLE lot_recipe (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    lot_id uuid NOT NULL,
    version_id uuid NOT NULL,
    batch_quantity numeric NOT NULL CHECK (batch_quantity > 0), -- planned, in the unit of the recipe's version
    set_at timestamptz NOT NULL DEFAULT now(),
    set_by uuid,
    PRIMARY KEY (tenant_id, lot_id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, version_id) REFERENCES recipe_version (tenant_id, id)
);
-- What a charge left to be seen at release.
CREATE TABLE charge_exception (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    link_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('not_first_expiring', 'above_tolerance', 'quantity_unknown')),
    detail jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, link_id) REFERENCES link (tenant_id, id)
);
CREATE INDEX charge_exception_lot ON charge_exception (tenant_id, lot_id);

-- Goods that leave a lot for another use than a lot, a customer or the bin, each with its reason.
CREATE TABLE withdrawal (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    reason text NOT NULL CHECK (reason IN ('retained_sample')),
    quantity numeric NOT NULL CHECK (quantity > 0),
    unit text NOT NULL,
    drawn_quantity numeric NOT NULL,
    at timestamptz NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX withdrawal_lot ON withdrawal (tenant_id, lot_id);

-- What a supplier brings: expected items, then the lots announced for them, by the supplier or at the gate.
CREATE TABLE delivery (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    delivery_no text NOT NULL,
    supplier_id uuid NOT NULL,
    purchase_order text,
    expected_on date,
    remark text,
    state text NOT NULL DEFAULT 'expected' CHECK (state IN ('expected', 'announced', 'received', 'cancelled')),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, delivery_no),
    FOREIGN KEY (tenant_id, supplier_id) REFERENCES supplier (tenant_id, id)
);
CREATE INDEX delivery_supplier ON delivery (tenant_id, supplier_id, id);
CREATE TABLE delivery_item (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    delivery_id uuid NOT NULL,
    position integer NOT NULL,
    product_id uuid NOT NULL,
    quantity numeric CHECK (quantity > 0),
    unit text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, delivery_id, product_id),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
CREATE TABLE delivery_line (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    delivery_id uuid NOT NULL,
    product_id uuid NOT NULL,
    supplier_lot_no text NOT NULL,
    quantity numeric CHECK (quantity > 0),
    unit text NOT NULL,
    produced_on date,
    expires_on date,
    report_id uuid,
    source text NOT NULL CHECK (source IN ('supplier', 'staff')),
    entered_at timestamptz NOT NULL DEFAULT now(),
    lot_id uuid,                                          -- what became of it; empty where it was refused
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, delivery_id, product_id, supplier_lot_no),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, report_id) REFERENCES attachment (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
-- A link for one delivery, without an account. The token is shown once; its digest is kept.
CREATE TABLE delivery_link (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    delivery_id uuid NOT NULL,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery (tenant_id, id)
);
CREATE INDEX delivery_link_delivery ON delivery_link (tenant_id, delivery_id);

-- Goods change hands: with what vehicle, how cold, what was accepted, signed by both sides.
CREATE TABLE handover (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('receiving', 'loading', 'delivery')), -- from a supplier; to a carrier; to a customer
    delivery_id uuid,
    shipment_id uuid,
    at timestamptz NOT NULL,
    place_id uuid,
    carrier text,
    vehicle text,
    seal text,
    seal_intact boolean,
    temperature numeric,                                  -- of the hold of the vehicle
    remark text,
    person_id uuid,
    person_name text NOT NULL,                            -- ours, signed in
    counterpart_name text NOT NULL,
    signature_id uuid NOT NULL,                           -- the counterpart's, drawn
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES delivery (tenant_id, id),
    FOREIGN KEY (tenant_id, shipment_id) REFERENCES shipment (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    FOREIGN KEY (tenant_id, signature_id) REFERENCES attachment (tenant_id, id),
    CHECK (num_nonnulls(delivery_id, shipment_id) = 1)
);
CREATE UNIQUE INDEX handover_once ON handover (tenant_id, coalesce(delivery_id, shipment_id), kind);
CREATE INDEX handover_shipment ON handover (tenant_id, shipment_id) WHERE shipment_id IS NOT NULL;
CREATE TABLE handover_line (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    handover_id uuid NOT NULL,
    delivery_line_id uuid,
    shipment_line_id uuid,
    lot_id uuid,                                          -- the accepted goods; empty where all was refused at receiving
    core_temperature numeric,
    accepted boolean NOT NULL,
    quantity numeric,                                     -- accepted
    refused_quantity numeric CHECK (refused_quantity >= 0),
    unit text,
    remark text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, handover_id) REFERENCES handover (tenant_id, id),
    FOREIGN KEY (tenant_id, delivery_line_id) REFERENCES delivery_line (tenant_id, id),
    FOREIGN KEY (tenant_id, shipment_line_id) REFERENCES shipment_line (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX handover_line_handover ON handover_line (tenant_id, handover_id);

CREATE TABLE retained_sample (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    sample_no text NOT NULL,
    lot_id uuid NOT NULL,
    withdrawal_id uuid NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),
    unit text NOT NULL,
    used_quantity numeric NOT NULL DEFAULT 0 CHECK (used_quantity >= 0),
    place_id uuid,
    conditions text,
    taken_at timestamptz NOT NULL,
    taken_by uuid,
    taker_name text NOT NULL,
    keep_until date NOT NULL,
    keep_rule text NOT NULL,                              -- how the end was found: after_expiry | stated
    disposed_at timestamptz,
    disposed_by uuid,
    disposer_name text,
    disposal text,
    witness_name text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sample_no),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, withdrawal_id) REFERENCES withdrawal (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    CONSTRAINT retained_not_overdrawn CHECK (used_quantity <= quantity),
    CHECK ((disposed_at IS NULL) = (disposal IS NULL))
);
CREATE INDEX retained_sample_lot ON retained_sample (tenant_id, lot_id);
CREATE TABLE retained_observation (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    sample_id uuid NOT NULL,
    due_on date NOT NULL,
    observed_at timestamptz,
    observed_by uuid,
    observer_name text,
    result text CHECK (result IN ('normal', 'abnormal')),
    remark text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sample_id, due_on),
    FOREIGN KEY (tenant_id, sample_id) REFERENCES retained_sample (tenant_id, id),
    CHECK ((observed_at IS NULL) = (result IS NULL))
);
CREATE INDEX retained_observation_due ON retained_observation (tenant_id, due_on) WHERE observed_at IS NULL;
CREATE TABLE retained_use (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    sample_id uuid NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),
    reason text NOT NULL,
    at timestamptz NOT NULL,
    used_by uuid,
    user_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, sample_id) REFERENCES retained_sample (tenant_id, id)
);
CREATE INDEX retained_use_sample ON retained_use (tenant_id, sample_id);

CREATE PROCEDURE protect_materials() LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['recipe', 'lot_recipe', 'delivery', 'delivery_line', 'retained_sample', 'retained_observation'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT, UPDATE', true);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['recipe_version', 'recipe_line', 'charge_exception', 'withdrawal', 'delivery_item', 'handover', 'handover_line',
                             'retained_use'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT', true);
    END LOOP;
    CALL protect('delivery_link', 'SELECT, INSERT, UPDATE', true);
END $$;
CALL protect_materials();
DROP PROCEDURE protect_materials;

-- Whose an internal label is; the public learns that and nothing else of it.
CREATE FUNCTION internal_label_owner(wanted text) RETURNS text
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
    SELECT t.name FROM code c JOIN tenant t ON t.id = c.tenant_id WHERE c.text = wanted AND c.kind > 2
$$;
GRANT SELECT (id, name) ON tenant TO trace_definer;
ALTER FUNCTION internal_label_owner(text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION internal_label_owner(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION internal_label_owner(text) TO trace_public, trace_tenant, trace_jurisdiction, trace_system;
