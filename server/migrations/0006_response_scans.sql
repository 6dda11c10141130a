-- Recalls; what the public may see; scans.
CREATE TABLE recall (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
    reason text NOT NULL,
    advice text NOT NULL,                   -- what a consumer should do
    reason_en text,
    advice_en text,
    opened_at timestamptz NOT NULL DEFAULT now(),
    opened_by uuid,
    closed_at timestamptz,
    closed_by uuid,
    PRIMARY KEY (tenant_id, id)
);
-- The frozen scope: whole lots, or serial ranges of an order.
CREATE TABLE recall_scope (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT uuidv7(),
    recall_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    order_id uuid,
    serials int4range,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, recall_id) REFERENCES recall (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES code_order (tenant_id, id),
    CHECK ((order_id IS NULL) = (serials IS NULL))
);
CREATE INDEX recall_scope_recall ON recall_scope (tenant_id, recall_id);
-- Crosses tenants: what a scan says before anything else. Written in the transaction of the hold or the recall.
-- A row without an order speaks for the whole lot, with one for its serials.
CREATE TABLE public_notice (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('recall', 'investigation')),
    lot_id uuid NOT NULL,
    order_id uuid,
    serials int4range,
    level smallint,
    reason text,
    advice text,
    reason_en text,
    advice_en text,
    cause text NOT NULL,                    -- recall:<id> | hold:<id>
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    CHECK ((order_id IS NULL) = (serials IS NULL)),
    CHECK (kind <> 'recall' OR (level IS NOT NULL AND reason IS NOT NULL AND advice IS NOT NULL))
);
CREATE INDEX public_notice_lot ON public_notice (lot_id) WHERE closed_at IS NULL;
CREATE INDEX public_notice_cause ON public_notice (tenant_id, cause);

-- Crosses tenants: an immutable snapshot, one series of versions per lot and per shipment.
CREATE TABLE publication (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    object_kind text NOT NULL CHECK (object_kind IN ('lot', 'shipment')),
    object_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    content jsonb NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    expires_at timestamptz,                 -- of the lot, so that a scan needs no other table
    published_at timestamptz NOT NULL DEFAULT now(),
    published_by uuid,
    publisher_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id) REFERENCES tenant (id)
);
CREATE UNIQUE INDEX publication_version ON publication (object_id, version DESC);

-- Crosses tenants: partitioned by month; the current and next partitions are made by the scheduler.
CREATE TABLE scan (
    at timestamptz NOT NULL DEFAULT now(),
    id bigint GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid NOT NULL,
    code text COLLATE "C" NOT NULL,
    channel smallint NOT NULL,              -- 1 browser, 2 WeChat, 3 Alipay, 4 API
    result smallint NOT NULL,
    device_hash bytea,
    division_code text
) PARTITION BY RANGE (at);
CREATE TABLE scan_default PARTITION OF scan DEFAULT;
CREATE INDEX scan_code ON scan (code, at);

CALL protect('recall', 'SELECT, INSERT, UPDATE', true);
CALL protect('recall_scope', 'SELECT, INSERT', true);
CALL protect('public_notice', 'SELECT, INSERT, UPDATE', true);
CALL protect('publication', 'SELECT, INSERT', true);
CALL protect('scan', 'SELECT', false);
CREATE POLICY public_code ON code TO trace_public USING (true) WITH CHECK (true);
CREATE POLICY public_read ON publication FOR SELECT TO trace_public USING (true);
CREATE POLICY public_read ON public_notice FOR SELECT TO trace_public USING (true);
CREATE POLICY public_append ON scan FOR INSERT TO trace_public WITH CHECK (true);
GRANT SELECT (text, tenant_id, order_id, lot_id, serial, kind, state, scan_count, first_scan_at, shipment_id),
      UPDATE (scan_count, first_scan_at) ON code TO trace_public;
GRANT SELECT (object_kind, object_id, version, content, digest, expires_at, published_at) ON publication TO trace_public;
GRANT SELECT (kind, lot_id, order_id, serials, level, reason, advice, reason_en, advice_en, opened_at, closed_at) ON public_notice TO trace_public;
GRANT INSERT (at, tenant_id, code, channel, result, device_hash, division_code) ON scan TO trace_public;
