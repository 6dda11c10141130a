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
    outcome text CHECK (outcome IN ('completed', 'withdrawn')), -- completed: those who still hold a piece stay warned
    close_reason text,
    PRIMARY KEY (tenant_id, id),
    CHECK ((closed_at IS NULL) = (outcome IS NULL))
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
CREATE INDEX public_notice_lot ON public_notice (lot_id, tenant_id) WHERE closed_at IS NULL AND order_id IS NULL;
CREATE INDEX public_notice_range ON public_notice (order_id, tenant_id) WHERE closed_at IS NULL AND order_id IS NOT NULL;
CREATE INDEX public_notice_cause ON public_notice (cause);

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
CREATE UNIQUE INDEX publication_version ON publication (object_id, tenant_id, object_kind, version DESC);

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
GRANT SELECT (tenant_id, object_kind, object_id, version, content, digest, expires_at, published_at) ON publication TO trace_public;
GRANT SELECT (tenant_id, id, kind, lot_id, order_id, serials, level, reason, advice, reason_en, advice_en, opened_at, closed_at)
    ON public_notice TO trace_public;
GRANT INSERT (at, tenant_id, code, channel, result, device_hash, division_code) ON scan TO trace_public;

-- Before anything is published a scan still says which product and lot it found, and never more.
CREATE FUNCTION public_lot(wanted_tenant uuid, wanted_lot uuid) RETURNS TABLE (
    product_name text, product_name_en text, lot_no text, expires_at timestamptz, released boolean
) LANGUAGE sql STABLE STRICT ROWS 1 SECURITY DEFINER SET search_path = public AS $$
    SELECT p.name, p.name_en, l.lot_no, l.expires_at, l.state = 'released'
    FROM lot l JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
    WHERE l.tenant_id = wanted_tenant AND l.id = wanted_lot
$$;
GRANT SELECT (tenant_id, id, product_id, lot_no, expires_at, state) ON lot TO trace_definer;
GRANT SELECT (tenant_id, id, name, name_en) ON product TO trace_definer;
ALTER FUNCTION public_lot(uuid, uuid) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_lot(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_lot(uuid, uuid) TO trace_public;

-- A picture or report that the newest publication of a lot lists; nothing else of an enterprise's files is public.
CREATE FUNCTION public_file(wanted_lot uuid, wanted_digest text) RETURNS TABLE (tenant_id uuid, media_type text, sealed bytea)
LANGUAGE sql STABLE STRICT ROWS 1 SECURITY DEFINER SET search_path = public AS $$
    SELECT b.tenant_id, b.media_type, b.sealed
    FROM (SELECT p.tenant_id, p.content FROM publication p
          WHERE p.object_id = wanted_lot AND p.object_kind = 'lot' ORDER BY p.version DESC LIMIT 1) newest
    JOIN blob b ON b.tenant_id = newest.tenant_id AND b.digest = decode(wanted_digest, 'hex')
    WHERE newest.content -> 'files' ? wanted_digest
$$;
GRANT SELECT ON publication, blob TO trace_definer;
ALTER FUNCTION public_file(uuid, text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_file(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_file(uuid, text) TO trace_public;

-- The partitions of this month and of the `ahead` months after it; how many were made. Runs as the owner of the schema.
CREATE FUNCTION make_scan_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    first timestamptz;
    name text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('make_scan_partitions'));
    FOR first IN SELECT generate_series(date_trunc('month', now(), 'UTC'), date_trunc('month', now(), 'UTC') + make_interval(months => ahead),
                                        interval '1 month', 'UTC') LOOP
        name := 'scan_' || to_char(first AT TIME ZONE 'UTC', 'YYYYMM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF scan FOR VALUES FROM (%L) TO (%L)', name, first,
                           date_add(first, interval '1 month', 'UTC'));
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION make_scan_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_scan_partitions(integer) TO trace_system;
SELECT make_scan_partitions(2);
