-- What the pages of a product's goods show beside its facts, and in which order: one series of versions for each audience.
-- A version is never changed; the one put in use last is frozen into every publication that is made from then on.
CREATE TABLE page_content (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    product_id uuid NOT NULL,
    audience text NOT NULL CHECK (audience IN ('consumer', 'receiver')),
    version integer NOT NULL CHECK (version > 0),
    content jsonb NOT NULL,
    note text,                              -- what was changed, in the words of who changed it
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    author_name text NOT NULL,
    used_from timestamptz,                  -- empty: a draft
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, product_id, audience, version),
    FOREIGN KEY (tenant_id, product_id) REFERENCES product (tenant_id, id)
);
CALL protect('page_content', 'SELECT, INSERT, UPDATE (used_from)', true);
