-- Devices (what was used, and whether its calibration was valid) and the graph of lots.
CREATE TABLE device (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    place_id uuid,
    calibration_required boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id)
);
CREATE TABLE calibration (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    device_id uuid NOT NULL,
    certificate_no text NOT NULL,
    calibrated_at timestamptz NOT NULL,
    valid_until timestamptz NOT NULL,
    passed boolean NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES device (tenant_id, id),
    CHECK (valid_until > calibrated_at)
);
CREATE INDEX calibration_device ON calibration (tenant_id, device_id, calibrated_at DESC);

CREATE TABLE product (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('material', 'intermediate', 'finished', 'packaging')),
    sku text NOT NULL,
    name text NOT NULL,
    name_en text,
    spec text,
    brand text,
    category text,
    gtin text CHECK (gtin ~ '^[0-9]{14}$'),
    standard text,
    standard_edition text,
    unit text NOT NULL,
    shelf_life_days integer CHECK (shelf_life_days > 0),
    label jsonb NOT NULL DEFAULT '[]',          -- [{name, value}] as printed on the pack
    publish_allow text[] NOT NULL DEFAULT '{}', -- parts and fields consumers may see (allow-list)
    publish_on_release boolean NOT NULL DEFAULT false,
    show_investigation boolean NOT NULL DEFAULT false,
    trade_secrets text[] NOT NULL DEFAULT '{}', -- formula | prices | parameter:<name>
    retired_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sku)
);
CREATE UNIQUE INDEX product_gtin ON product (tenant_id, gtin) WHERE gtin IS NOT NULL;
CREATE TABLE process_step (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    product_id uuid NOT NULL,
    sequence integer NOT NULL,
    name text NOT NULL,
    critical boolean NOT NULL DEFAULT false,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, sequence),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
CREATE TABLE supplier (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    code text NOT NULL,
    name text NOT NULL,
    credit_code text,
    address text,
    contact text,
    origin text,
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
CREATE TABLE attachment (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    digest bytea NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    title text,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, digest) REFERENCES blob (tenant_id, digest)
);
-- A licence or certificate of a supplier, of a product, or (both empty) of the enterprise itself.
CREATE TABLE certificate (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    supplier_id uuid,
    product_id uuid,
    kind text NOT NULL,
    number text NOT NULL,
    valid_from date,
    valid_to date,
    attachment_id uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, supplier_id) REFERENCES supplier (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id),
    CHECK (num_nonnulls(supplier_id, product_id) <= 1)
);
CREATE INDEX certificate_supplier ON certificate (tenant_id, supplier_id);
CREATE TABLE customer (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    code text NOT NULL,
    name text NOT NULL,
    address text,
    contact text,
    sales_areas text[] NOT NULL DEFAULT '{}', -- division prefixes
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code)
);
CREATE TABLE outlet (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    customer_id uuid NOT NULL,
    name text NOT NULL,
    division_code text CHECK (division_code ~ '^[0-9]{6}$'),
    address text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, customer_id, name),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id)
);

CREATE TABLE lot (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('material', 'intermediate', 'finished', 'unit', 'package')),
    product_id uuid NOT NULL,
    lot_no text NOT NULL CHECK (length(lot_no) BETWEEN 1 AND 80),
    supplier_id uuid,
    supplier_lot_no text,
    quantity numeric CHECK (quantity >= 0),
    unit text,
    used_quantity numeric NOT NULL DEFAULT 0 CHECK (used_quantity >= 0), -- consumed + split off + packed + shipped + scrapped, in `unit`
    counted_difference numeric NOT NULL DEFAULT 0,                       -- sum of count corrections: the unexplained
    produced_at timestamptz,
    production_ended_at timestamptz,
    received_at timestamptz,
    expires_at timestamptz,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'released', 'rejected')),
    released_at timestamptz,
    production_order text,
    purchase_order text,
    delivery_note text,
    customer_order text,
    place_id uuid,
    code_text text, -- the code of a `unit` lot
    remark text,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    produced_on date GENERATED ALWAYS AS ((produced_at AT TIME ZONE 'Asia/Shanghai')::date) STORED,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, lot_no),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, supplier_id) REFERENCES supplier (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    CHECK ((quantity IS NULL) OR (unit IS NOT NULL)),
    CONSTRAINT lot_not_overdrawn CHECK (quantity IS NULL OR used_quantity <= quantity + counted_difference)
);
CREATE INDEX lot_lot_no ON lot (tenant_id, lot_no);
CREATE INDEX lot_supplier_lot ON lot (tenant_id, supplier_lot_no) WHERE supplier_lot_no IS NOT NULL;
CREATE INDEX lot_produced_on ON lot (tenant_id, produced_on) WHERE produced_on IS NOT NULL;
CREATE INDEX lot_expires ON lot (tenant_id, expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX lot_product ON lot (tenant_id, product_id, id);
CREATE INDEX lot_state ON lot (tenant_id, state, id);
CREATE INDEX lot_production_order ON lot (tenant_id, production_order) WHERE production_order IS NOT NULL;
CREATE INDEX lot_purchase_order ON lot (tenant_id, purchase_order) WHERE purchase_order IS NOT NULL;
CREATE INDEX lot_delivery_note ON lot (tenant_id, delivery_note) WHERE delivery_note IS NOT NULL;
CREATE INDEX lot_customer_order ON lot (tenant_id, customer_order) WHERE customer_order IS NOT NULL;
CREATE UNIQUE INDEX lot_code_text ON lot (tenant_id, code_text) WHERE code_text IS NOT NULL;

CREATE TABLE lot_history (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    state_from text,
    state_to text NOT NULL,
    reason text,
    actor_id uuid,
    actor_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX lot_history_lot ON lot_history (tenant_id, lot_id, id);

CREATE TABLE operation (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    step_id uuid,
    name text NOT NULL,
    line_place_id uuid,
    shift text,
    operator_id uuid,
    operator_name text,
    started_at timestamptz,
    ended_at timestamptz,
    parameters jsonb NOT NULL DEFAULT '[]',        -- [{name, value, unit, low, high, secret}]
    unit text,
    quantity_in numeric CHECK (quantity_in >= 0),
    quantity_good numeric CHECK (quantity_good >= 0),
    quantity_reworked numeric CHECK (quantity_reworked >= 0),
    quantity_scrapped numeric CHECK (quantity_scrapped >= 0),
    scrapped_by_defect jsonb NOT NULL DEFAULT '{}', -- {defect: quantity}
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, step_id) REFERENCES process_step (tenant_id, id),
    FOREIGN KEY (tenant_id, line_place_id) REFERENCES place (tenant_id, id),
    CHECK (ended_at IS NULL OR started_at IS NULL OR ended_at >= started_at),
    CONSTRAINT operation_balances CHECK (quantity_in IS NULL OR quantity_good IS NULL OR quantity_reworked IS NULL
        OR quantity_scrapped IS NULL OR quantity_in = quantity_good + quantity_reworked + quantity_scrapped)
);
CREATE TABLE operation_lot (
    tenant_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    role text NOT NULL CHECK (role IN ('in', 'out')),
    PRIMARY KEY (tenant_id, operation_id, lot_id, role),
    FOREIGN KEY (tenant_id, operation_id) REFERENCES operation (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX operation_lot_lot ON operation_lot (tenant_id, lot_id);
CREATE TABLE operation_device (
    tenant_id uuid NOT NULL,
    operation_id uuid NOT NULL,
    device_id uuid NOT NULL,
    calibration text NOT NULL CHECK (calibration IN ('valid', 'expired', 'failed', 'none', 'not_required')), -- as it stood then
    PRIMARY KEY (tenant_id, operation_id, device_id),
    FOREIGN KEY (tenant_id, operation_id) REFERENCES operation (tenant_id, id),
    FOREIGN KEY (tenant_id, device_id) REFERENCES device (tenant_id, id)
);
CREATE INDEX operation_device_device ON operation_device (tenant_id, device_id);

CREATE TABLE link (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    from_lot uuid NOT NULL,
    to_lot uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('consumed', 'split', 'merged', 'reworked', 'repaired', 'packed', 'installed')),
    quantity numeric CHECK (quantity >= 0),
    unit text,
    drawn_quantity numeric NOT NULL DEFAULT 0,      -- what it took from `from_lot`, in that lot's unit
    operation_id uuid,
    at timestamptz,
    until timestamptz,                              -- component removed, case opened
    reverses uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, from_lot) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, to_lot) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, operation_id) REFERENCES operation (tenant_id, id),
    FOREIGN KEY (tenant_id, reverses) REFERENCES link (tenant_id, id),
    CHECK (from_lot <> to_lot)
);
CREATE INDEX link_to ON link (tenant_id, to_lot) INCLUDE (from_lot);
CREATE INDEX link_from ON link (tenant_id, from_lot) INCLUDE (to_lot);
CREATE UNIQUE INDEX link_reverses ON link (tenant_id, reverses) WHERE reverses IS NOT NULL;

CREATE TABLE hold (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('on_hold', 'quarantined', 'under_review', 'recalled')),
    cause text NOT NULL,           -- what must end for it to be lifted, e.g. manual | recall:<id>
    reason text NOT NULL,
    opened_by uuid,
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_by uuid,
    closed_at timestamptz,
    close_reason text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE UNIQUE INDEX hold_open ON hold (tenant_id, lot_id, cause) WHERE closed_at IS NULL;

-- A physical count: `difference` is what was found minus what the books said.
CREATE TABLE stock_count (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    counted_at timestamptz NOT NULL,
    counted_quantity numeric NOT NULL CHECK (counted_quantity >= 0),
    difference numeric NOT NULL,
    unit text NOT NULL,
    reason text,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX stock_count_lot ON stock_count (tenant_id, lot_id, counted_at DESC);
CREATE TABLE scrap (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),
    unit text NOT NULL,
    drawn_quantity numeric NOT NULL,
    reason text NOT NULL,
    defect text,
    at timestamptz NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX scrap_lot ON scrap (tenant_id, lot_id);
-- Where a lot was, from when to when; state, place and curve belong to one lot, always.
CREATE TABLE stay (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    place_id uuid NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id),
    CHECK (to_at IS NULL OR to_at >= from_at)
);
CREATE UNIQUE INDEX stay_open ON stay (tenant_id, lot_id) WHERE to_at IS NULL;
CREATE INDEX stay_place ON stay (tenant_id, place_id, from_at);

CREATE TABLE shipment (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    shipment_no text NOT NULL,
    customer_id uuid NOT NULL,
    outlet_id uuid,
    delivery_note text,
    customer_order text,
    carrier text,
    vehicle text,
    seal text,
    temperature_low numeric,
    temperature_high numeric,
    temperature_unit text NOT NULL DEFAULT '°C',
    conditions text,
    departed_at timestamptz,
    received_at timestamptz,
    receiver text,
    receipt jsonb,                                -- {temperature, accepted, remark, lines: […]}
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, shipment_no),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customer (tenant_id, id),
    FOREIGN KEY (tenant_id, outlet_id) REFERENCES outlet (tenant_id, id),
    CHECK (received_at IS NULL OR departed_at IS NULL OR received_at >= departed_at)
);
CREATE INDEX shipment_customer ON shipment (tenant_id, customer_id, id);
CREATE INDEX shipment_delivery_note ON shipment (tenant_id, delivery_note) WHERE delivery_note IS NOT NULL;
CREATE INDEX shipment_customer_order ON shipment (tenant_id, customer_order) WHERE customer_order IS NOT NULL;

CREATE PROCEDURE protect_chain() LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['device', 'product', 'process_step', 'supplier', 'certificate', 'customer', 'outlet', 'lot', 'operation',
                             'link', 'hold', 'stay', 'shipment'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT, UPDATE', true);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['calibration', 'attachment', 'lot_history', 'operation_lot', 'operation_device', 'stock_count', 'scrap'] LOOP
        CALL protect(t::regclass, 'SELECT, INSERT', true);
    END LOOP;
END $$;
CALL protect_chain();
DROP PROCEDURE protect_chain;
