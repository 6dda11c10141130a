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

-- What the public hears of a hold is written with it, by whatever route it is opened or lifted: a recall hold speaks
-- with the words of its recall; any other hold on goods that left the plant says "under investigation", where the
-- product shows that. A hold whose cause is the recall of a serial range speaks through that range's own notice.
CREATE FUNCTION hold_opened() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    INSERT INTO public_notice (tenant_id, kind, lot_id, level, reason, advice, reason_en, advice_en, cause, opened_at)
    SELECT h.tenant_id, 'recall', h.lot_id, r.level, r.reason, r.advice, r.reason_en, r.advice_en, h.cause, h.opened_at
    FROM opened h JOIN recall r ON r.tenant_id = h.tenant_id AND 'recall:' || r.id = h.cause
    WHERE h.kind = 'recalled' AND h.closed_at IS NULL;
    INSERT INTO public_notice (tenant_id, kind, lot_id, cause, opened_at)
    SELECT h.tenant_id, 'investigation', h.lot_id, 'hold:' || h.id, h.opened_at
    FROM opened h
    JOIN lot l ON l.tenant_id = h.tenant_id AND l.id = h.lot_id
    JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id AND p.show_investigation
    WHERE h.kind <> 'recalled' AND h.cause NOT LIKE 'recall:%' AND h.closed_at IS NULL AND EXISTS (
        WITH RECURSIVE outer_lot(id) AS (
            SELECT h.lot_id
            UNION
            SELECT k.to_lot FROM outer_lot o
            JOIN link k ON k.tenant_id = h.tenant_id AND k.from_lot = o.id AND k.kind = 'packed' AND k.until IS NULL
        )
        SELECT FROM outer_lot o JOIN shipment_line s ON s.tenant_id = h.tenant_id AND s.lot_id = o.id
    );
    RETURN NULL;
END $$;
CREATE FUNCTION hold_closed() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    UPDATE public_notice n SET closed_at = h.closed_at
    FROM closed h
    WHERE h.closed_at IS NOT NULL AND n.lot_id = h.lot_id AND n.closed_at IS NULL AND n.order_id IS NULL
      AND n.tenant_id = h.tenant_id AND n.cause = CASE h.kind WHEN 'recalled' THEN h.cause ELSE 'hold:' || h.id END;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_opened AFTER INSERT ON hold REFERENCING NEW TABLE AS opened
    FOR EACH STATEMENT EXECUTE FUNCTION hold_opened();
CREATE TRIGGER hold_closed AFTER UPDATE ON hold REFERENCING NEW TABLE AS closed
    FOR EACH STATEMENT EXECUTE FUNCTION hold_closed();

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

-- The partitions of this month and of the `ahead` months after it; how many were made. Runs as the owner of the schema.
CREATE FUNCTION make_scan_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    first timestamptz;
    name text;
    made integer := 0;
BEGIN
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
