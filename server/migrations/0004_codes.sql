-- Codes: rules, orders, the codes themselves, and which serials belong to which lot.
CREATE TABLE code_rule (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    name text NOT NULL,
    audience text NOT NULL CHECK (audience IN ('public', 'internal')),
    level text NOT NULL CHECK (level IN ('item', 'lot')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
CREATE TABLE code_rule_version (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    rule_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    segments jsonb NOT NULL,
    unguessable boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, rule_id, version),
    FOREIGN KEY (tenant_id, rule_id) REFERENCES code_rule (tenant_id, id)
);
CREATE TABLE code_order (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    rule_version_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    audience text NOT NULL CHECK (audience IN ('public', 'internal')),
    level text NOT NULL CHECK (level IN ('item', 'lot')),
    count integer NOT NULL CHECK (count BETWEEN 1 AND 100000000),
    key_number smallint,
    prefix text,
    handed_down jsonb NOT NULL DEFAULT '{}', -- values that segments and labels print (from the chain)
    state text NOT NULL DEFAULT 'minting' CHECK (state IN ('minting', 'ready', 'failed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    ready_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, rule_version_id) REFERENCES code_rule_version (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX code_order_lot ON code_order (tenant_id, lot_id);
CREATE INDEX code_order_open ON code_order (id) WHERE state = 'minting';

-- Crosses tenants: the public finds a code without knowing whose it is. `lot_id` is a plain column (no key per row):
-- the order was checked once, and splits move ranges. Kept narrow: a million rows are inserted and updated at random.
CREATE TABLE code (
    text text COLLATE "C" PRIMARY KEY,
    tenant_id uuid NOT NULL,
    order_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    serial integer NOT NULL,
    kind smallint NOT NULL,               -- 1 public item, 2 public lot, 3 internal item, 4 internal lot
    state smallint NOT NULL DEFAULT 1,    -- 1 issued, 2 printed, 3 active, 4 shipped, 5 voided, 6 lost, 7 returned
    scan_count integer NOT NULL DEFAULT 0,
    first_scan_at timestamptz,
    package_id uuid,
    shipment_id uuid,
    covert_digest bytea
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX code_serial ON code (order_id, serial);

-- Which serials of an order belong to which lot: the first range is the whole order, a split moves a part of it.
CREATE TABLE code_range (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    order_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    serials int4range NOT NULL CHECK (NOT isempty(serials)),
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES code_order (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    EXCLUDE USING gist (order_id WITH =, serials WITH &&)
);
CREATE INDEX code_range_lot ON code_range (tenant_id, lot_id);
-- One row per bulk change, naming the set.
CREATE TABLE code_history (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    order_id uuid NOT NULL,
    serials int4range NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    change text NOT NULL,                 -- printed | activated | shipped | voided | lost | returned | moved
    detail jsonb NOT NULL DEFAULT '{}',
    changed integer NOT NULL,             -- how many codes really changed
    actor_id uuid,
    actor_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES code_order (tenant_id, id)
);
CREATE INDEX code_history_order ON code_history (tenant_id, order_id, id);

CREATE TABLE shipment_line (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    shipment_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    quantity numeric CHECK (quantity > 0),
    unit text,
    drawn_quantity numeric NOT NULL DEFAULT 0,
    packages integer CHECK (packages > 0),
    order_id uuid,
    serials int4range,
    price numeric,
    returned_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, shipment_id) REFERENCES shipment (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES code_order (tenant_id, id),
    CHECK ((order_id IS NULL) = (serials IS NULL)),
    CONSTRAINT serial_shipped_once EXCLUDE USING gist (order_id WITH =, serials WITH &&)
        WHERE (order_id IS NOT NULL AND returned_at IS NULL)
);
CREATE INDEX shipment_line_shipment ON shipment_line (tenant_id, shipment_id);
CREATE INDEX shipment_line_lot ON shipment_line (tenant_id, lot_id);

CALL protect('code_rule', 'SELECT, INSERT, UPDATE', true);
CALL protect('code_rule_version', 'SELECT, INSERT', true);
CALL protect('code_order', 'SELECT, INSERT, UPDATE', true);
CALL protect('code', 'SELECT, INSERT, UPDATE', true);
CALL protect('code_range', 'SELECT, INSERT, UPDATE, DELETE', true);
CALL protect('code_history', 'SELECT, INSERT', true);
CALL protect('shipment_line', 'SELECT, INSERT, UPDATE', true);
-- The minting worker finds unfinished orders over all enterprises, then enters the tenant of each.
CREATE POLICY open_orders ON code_order FOR SELECT TO trace_system USING (state = 'minting');
GRANT SELECT (tenant_id, id, state) ON code_order TO trace_system;
GRANT INSERT ON code TO trace_bulk;
