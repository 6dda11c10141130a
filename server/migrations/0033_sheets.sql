-- Sheets: numbered, versioned documents made from facts; the plant's own templates; links for receivers of goods.

-- Gap-free: the row is locked until the document that took the number is committed, and a rollback gives it back.
CREATE TABLE document_counter (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    kind text NOT NULL,
    year smallint NOT NULL,
    last integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (tenant_id, kind, year)
);
CREATE TABLE document_template (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    kind text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    format text NOT NULL CHECK (format IN ('xlsx', 'docx')),
    file_name text NOT NULL,
    digest bytea NOT NULL,
    size_bytes bigint NOT NULL,
    placeholders text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator_name text NOT NULL,
    retired_at timestamptz,                -- from then on the kind has our own layout alone, until a newer version comes
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, kind, version),
    FOREIGN KEY (tenant_id, digest) REFERENCES blob (tenant_id, digest)
);
-- One row a version; a version is never changed. `number` belongs to what it is about (kind, subject, language) for good.
CREATE TABLE document (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('test_report', 'incoming_inspection', 'nonconformity', 'first_piece', 'patrol',
                                       'batch_record', 'delivery_note')),
    year smallint NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    number text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    language text NOT NULL,
    subject_id uuid NOT NULL,              -- the lot, nonconformity or shipment, by kind
    about text NOT NULL,                   -- its number as people know it
    facts jsonb NOT NULL,
    facts_digest bytea NOT NULL CHECK (length(facts_digest) = 32),
    pdf_digest bytea NOT NULL CHECK (length(pdf_digest) = 32),
    filled_digest bytea,                   -- of the plant's own template, filled in with the same facts
    filled_format text CHECK (filled_format IN ('xlsx', 'docx')),
    template_id uuid,
    signers jsonb NOT NULL,                -- [{role, name, at}]
    confidential boolean NOT NULL,         -- holds trade secrets: an authority sees that it exists, not what it says
    check_token text NOT NULL UNIQUE CHECK (length(check_token) >= 26), -- 130 random bits: what the QR leads to
    issued_at timestamptz NOT NULL DEFAULT now(),
    issued_by uuid,
    issuer_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT document_numbered_once UNIQUE (tenant_id, kind, year, sequence, version),
    CONSTRAINT document_versioned_once UNIQUE (tenant_id, kind, subject_id, language, version),
    FOREIGN KEY (tenant_id, pdf_digest) REFERENCES blob (tenant_id, digest),
    FOREIGN KEY (tenant_id, filled_digest) REFERENCES blob (tenant_id, digest),
    FOREIGN KEY (tenant_id, template_id) REFERENCES document_template (tenant_id, id),
    CHECK ((filled_digest IS NULL) = (template_id IS NULL) AND (filled_digest IS NULL) = (filled_format IS NULL))
);
CREATE INDEX document_subject ON document (tenant_id, subject_id, id);
-- The papers of one shipment, opened without an account; only the digest of the token is kept.
CREATE TABLE receiver_link (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    shipment_id uuid NOT NULL,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator_name text NOT NULL,
    revoked_at timestamptz,
    revoked_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, shipment_id) REFERENCES shipment (tenant_id, id)
);
CREATE INDEX receiver_link_shipment ON receiver_link (tenant_id, shipment_id, id);

CALL protect('document_counter', 'SELECT, INSERT, UPDATE', false);
CALL protect('document_template', 'SELECT, INSERT, UPDATE (retired_at)', true);
CALL protect('document', 'SELECT, INSERT', true);
CALL protect('receiver_link', 'SELECT, INSERT, UPDATE (revoked_at, revoked_by)', false);

-- What anybody who holds the sheet may check, and nothing else of it.
CREATE FUNCTION public_document(wanted text) RETURNS TABLE (
    kind text, number text, version integer, newest_version integer, about text, company text, issued_at timestamptz,
    pdf_digest bytea, facts_digest bytea
) LANGUAGE sql STABLE STRICT ROWS 1 SECURITY DEFINER SET search_path = public AS $$
    SELECT d.kind, d.number, d.version,
           (SELECT max(n.version) FROM document n WHERE n.tenant_id = d.tenant_id AND n.kind = d.kind AND n.year = d.year
                                                    AND n.sequence = d.sequence),
           d.about, t.name, d.issued_at, d.pdf_digest, d.facts_digest
    FROM document d JOIN tenant t ON t.id = d.tenant_id WHERE d.check_token = wanted
$$;
-- Whose link this is. What it opens is then read in the scope of that enterprise.
CREATE FUNCTION public_receiver_link(wanted bytea) RETURNS TABLE (
    tenant_id uuid, id uuid, shipment_id uuid, expires_at timestamptz
) LANGUAGE sql STABLE STRICT ROWS 1 SECURITY DEFINER SET search_path = public AS $$
    SELECT l.tenant_id, l.id, l.shipment_id, l.expires_at FROM receiver_link l
    WHERE l.digest = wanted AND l.revoked_at IS NULL AND l.expires_at > now()
$$;
GRANT SELECT (tenant_id, kind, year, sequence, number, version, about, issued_at, pdf_digest, facts_digest, check_token)
    ON document TO trace_definer;
GRANT SELECT ON receiver_link TO trace_definer;
ALTER FUNCTION public_document(text) OWNER TO trace_definer;
ALTER FUNCTION public_receiver_link(bytea) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_document(text), public_receiver_link(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_document(text), public_receiver_link(bytea) TO trace_public;
