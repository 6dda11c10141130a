-- What consumers report, without an account. Crosses tenants: what names no enterprise that is known goes to the platform
-- (no tenant), which may pass it on. Photos and the way to reach the person are sealed by the application; the place is a city
-- and never nearer.
CREATE TABLE complaint (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid REFERENCES tenant (id),
    entry_id uuid NOT NULL CONSTRAINT complaint_entry UNIQUE, -- the sender's own: sent twice it is one complaint
    body_digest bytea NOT NULL CHECK (length(body_digest) = 32),
    ticket_digest bytea NOT NULL UNIQUE CHECK (length(ticket_digest) = 32),
    source text NOT NULL CHECK (source IN ('scan', 'unknown', 'recall', 'other')),
    topic text NOT NULL CHECK (topic IN ('quality', 'package', 'expired', 'counterfeit', 'recall', 'other')),
    words text NOT NULL CHECK (length(words) BETWEEN 1 AND 2000),
    code_text text CHECK (length(code_text) <= 200),
    product_said text CHECK (length(product_said) <= 200),
    lot_said text CHECK (length(lot_said) <= 80),
    product_id uuid,
    lot_id uuid,
    city_code text CHECK (city_code ~ '^[0-9]{6}$'),
    language text NOT NULL,
    contact bytea,                          -- sealed
    contact_erased_at timestamptz,
    is_doubtful boolean NOT NULL DEFAULT false, -- looks like a flood's: kept, but counted nowhere
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id)
);
CREATE INDEX complaint_open ON complaint (tenant_id, state, id);
CREATE INDEX complaint_of_tenant ON complaint (tenant_id, id);
CREATE INDEX complaint_lot ON complaint (tenant_id, lot_id) WHERE lot_id IS NOT NULL;
CREATE INDEX complaint_contact ON complaint (created_at) WHERE contact IS NOT NULL;

-- Crosses tenants, with its complaint. `digest` is SHA-256 of the plain bytes.
CREATE TABLE complaint_photo (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    number smallint NOT NULL CHECK (number BETWEEN 1 AND 3),
    digest bytea NOT NULL CHECK (length(digest) = 32),
    media_type text NOT NULL,
    size_bytes integer NOT NULL,
    sealed bytea NOT NULL,
    CONSTRAINT complaint_photo_number UNIQUE (complaint_id, number)
);
-- Crosses tenants, with its complaint: what was done about it, oldest first; `answer` is what the person reads.
CREATE TABLE complaint_step (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid,
    complaint_id uuid NOT NULL REFERENCES complaint (id),
    kind text NOT NULL CHECK (kind IN ('answer', 'note', 'closed', 'reopened', 'passed_on')),
    words text CHECK (length(words) BETWEEN 1 AND 2000),
    at timestamptz NOT NULL DEFAULT now(),
    actor_id uuid,
    actor_name text NOT NULL
);
CREATE INDEX complaint_step_of ON complaint_step (complaint_id, id);

CALL protect('complaint', 'SELECT, INSERT, UPDATE (state)', false);
CALL protect('complaint_photo', 'SELECT, INSERT', false);
CALL protect('complaint_step', 'SELECT, INSERT', false);
CREATE POLICY platform ON complaint TO trace_system USING (tenant_id IS NULL) WITH CHECK (tenant_id IS NULL);
CREATE POLICY platform ON complaint_photo TO trace_system USING (tenant_id IS NULL) WITH CHECK (tenant_id IS NULL);
CREATE POLICY platform ON complaint_step TO trace_system USING (tenant_id IS NULL) WITH CHECK (tenant_id IS NULL);
GRANT SELECT, INSERT, UPDATE (state) ON complaint TO trace_system;
GRANT SELECT, INSERT ON complaint_photo, complaint_step TO trace_system;

-- Whose complaint it is: that of the code, else of the product with this number, else of the lot whose number and product are
-- both named. No row, or one; where two enterprises fit, none.
CREATE FUNCTION complaint_owner(wanted_code text, wanted_gtin text, wanted_product text, wanted_lot text)
RETURNS TABLE (tenant_id uuid, product_id uuid, lot_id uuid) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    RETURN QUERY SELECT c.tenant_id, l.product_id, c.lot_id FROM code c
        JOIN lot l ON l.tenant_id = c.tenant_id AND l.id = c.lot_id WHERE c.text = wanted_code;
    IF FOUND THEN RETURN; END IF;
    RETURN QUERY SELECT p.tenant_id, p.id, (SELECT l.id FROM lot l WHERE l.tenant_id = p.tenant_id AND l.product_id = p.id AND l.lot_no = wanted_lot)
        FROM product p WHERE p.gtin = wanted_gtin AND p.kind = 'finished' AND p.retired_at IS NULL
          AND NOT EXISTS (SELECT FROM product o WHERE o.gtin = wanted_gtin AND o.tenant_id <> p.tenant_id AND o.kind = 'finished');
    IF FOUND THEN RETURN; END IF;
    RETURN QUERY
        WITH fits AS (
            SELECT l.tenant_id, l.product_id, l.id AS lot_id FROM lot l
            JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id AND p.kind = 'finished'
            WHERE l.lot_no = wanted_lot AND length(plain_name(wanted_product)) > 1
              AND (strpos(plain_name(concat(p.brand, p.name)), plain_name(wanted_product)) > 0
                   OR strpos(plain_name(wanted_product), plain_name(p.name)) > 0)
        )
        SELECT f.tenant_id, f.product_id, f.lot_id FROM fits f WHERE (SELECT count(*) FROM fits) = 1;
END $$;
CREATE INDEX lot_number_alone ON lot (lot_no);
CREATE INDEX product_gtin_alone ON product (gtin) WHERE gtin IS NOT NULL;
GRANT SELECT (retired_at) ON product TO trace_definer;
ALTER FUNCTION complaint_owner(text, text, text, text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION complaint_owner(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION complaint_owner(text, text, text, text) TO trace_public;

-- What whoever holds the ticket may read: state, own words, answers; nothing of the enterprise's notes and people.
CREATE FUNCTION complaint_of_ticket(wanted bytea) RETURNS TABLE (
    id uuid, tenant_id uuid, state text, created_at timestamptz, topic text, words text, company text, product_name text, product_name_en text,
    lot_no text, photos integer, steps jsonb
) LANGUAGE sql STABLE STRICT ROWS 1 SECURITY DEFINER SET search_path = public AS $$
    SELECT c.id, c.tenant_id, c.state, c.created_at, c.topic, c.words, t.name, coalesce(p.name, c.product_said), p.name_en, coalesce(l.lot_no, c.lot_said),
           (SELECT count(*)::integer FROM complaint_photo f WHERE f.complaint_id = c.id),
           (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', s.kind, 'at', s.at, 'words', CASE WHEN s.kind = 'answer' THEN s.words END)
                                      ORDER BY s.id), '[]')
            FROM complaint_step s WHERE s.complaint_id = c.id AND s.kind IN ('answer', 'closed', 'reopened'))
    FROM complaint c
    LEFT JOIN tenant t ON t.id = c.tenant_id
    LEFT JOIN product p ON p.tenant_id = c.tenant_id AND p.id = c.product_id
    LEFT JOIN lot l ON l.tenant_id = c.tenant_id AND l.id = c.lot_id
    WHERE c.ticket_digest = wanted
$$;
GRANT SELECT ON complaint, complaint_step TO trace_definer;
GRANT SELECT (complaint_id) ON complaint_photo TO trace_definer;
ALTER FUNCTION complaint_of_ticket(bytea) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION complaint_of_ticket(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION complaint_of_ticket(bytea) TO trace_public;

-- How to reach people is kept no longer than the platform says; how many were erased.
CREATE FUNCTION erase_complaint_contacts(older_than_days integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    erased integer;
BEGIN
    UPDATE complaint SET contact = NULL, contact_erased_at = now()
    WHERE contact IS NOT NULL AND created_at < now() - make_interval(days => older_than_days);
    GET DIAGNOSTICS erased = ROW_COUNT;
    RETURN erased;
END $$;
GRANT UPDATE (contact, contact_erased_at) ON complaint TO trace_definer;
ALTER FUNCTION erase_complaint_contacts(integer) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION erase_complaint_contacts(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_complaint_contacts(integer) TO trace_system;

-- The platform hands a complaint that was nobody's to the enterprise it belongs to, with all that hangs on it.
CREATE FUNCTION pass_complaint_on(wanted uuid, to_tenant uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    UPDATE complaint SET tenant_id = to_tenant WHERE id = wanted AND tenant_id IS NULL;
    IF FOUND THEN
        UPDATE complaint_photo SET tenant_id = to_tenant WHERE complaint_id = wanted;
        UPDATE complaint_step SET tenant_id = to_tenant WHERE complaint_id = wanted;
    END IF;
END $$;
GRANT UPDATE (tenant_id) ON complaint, complaint_photo, complaint_step TO trace_definer;
ALTER FUNCTION pass_complaint_on(uuid, uuid) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION pass_complaint_on(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pass_complaint_on(uuid, uuid) TO trace_system;
