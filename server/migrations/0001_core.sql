-- Core: scope functions, outbox, idempotency, limiter counters, encrypted blobs.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
GRANT USAGE ON SCHEMA public TO trace_tenant, trace_jurisdiction, trace_system, trace_bulk, trace_public, trace_definer;
GRANT CREATE ON SCHEMA public TO trace_definer;

CREATE FUNCTION app_tenant() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.tenant', true), '')::uuid $$;
CREATE FUNCTION app_authority() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('app.authority', true), '')::uuid $$;

-- 330000 covers 330100 and 330106; 331000 is a city. The part that says nothing is whole pairs of zeros.
CREATE FUNCTION division_prefix(code text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT regexp_replace(code, '(00){1,2}$', '') $$;

-- Every table of an enterprise goes through here: row-level security on and forced, the enterprise sees its own,
-- an authority (where `regulators` is true) reads the enterprises of its district.
CREATE PROCEDURE protect(target regclass, privileges text, regulators boolean) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY tenant ON %s TO trace_tenant USING (tenant_id = (SELECT app_tenant())) '
                   'WITH CHECK (tenant_id = (SELECT app_tenant()))', target);
    EXECUTE format('GRANT %s ON %s TO trace_tenant', privileges, target);
    IF regulators THEN
        EXECUTE format('CREATE POLICY jurisdiction ON %s FOR SELECT TO trace_jurisdiction '
                       'USING (tenant_id = ANY ((SELECT app_jurisdiction())::uuid[]))', target);
        EXECUTE format('GRANT SELECT ON %s TO trace_jurisdiction', target);
    END IF;
END $$;

-- Crosses tenants: workers of the platform claim rows and then enter the row's tenant.
CREATE TABLE outbox (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid,
    topic text NOT NULL,
    key text NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    claimed_by text,
    done_at timestamptz,
    dead_at timestamptz,
    error text
);
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_key ON outbox (key, id) WHERE done_at IS NULL AND dead_at IS NULL; -- events of one key wait for each other
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_append ON outbox FOR INSERT TO trace_tenant WITH CHECK (tenant_id = (SELECT app_tenant()));
CREATE POLICY jurisdiction_append ON outbox FOR INSERT TO trace_jurisdiction WITH CHECK (tenant_id IS NULL);
CREATE POLICY system_all ON outbox TO trace_system USING (true) WITH CHECK (true);
GRANT INSERT ON outbox TO trace_tenant, trace_jurisdiction;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox TO trace_system;

-- Crosses tenants: `owner_id` is the tenant, the authority, or (platform) the acting user.
CREATE TABLE idempotency_key (
    owner_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
    body_digest bytea NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL DEFAULT '{}',
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_id, actor_id, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotency_key TO trace_tenant USING (owner_id = (SELECT app_tenant())) WITH CHECK (owner_id = (SELECT app_tenant()));
CREATE POLICY jurisdiction ON idempotency_key TO trace_jurisdiction USING (owner_id = (SELECT app_authority())) WITH CHECK (owner_id = (SELECT app_authority()));
CREATE POLICY system_all ON idempotency_key TO trace_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON idempotency_key TO trace_tenant, trace_jurisdiction;
GRANT SELECT, INSERT, DELETE ON idempotency_key TO trace_system;

-- Crosses tenants: the limiter's fall-back when the cache is away. Counts only, no content.
CREATE TABLE limit_counter (
    bucket text NOT NULL,
    window_start timestamptz NOT NULL,
    used integer NOT NULL,
    PRIMARY KEY (bucket, window_start)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON limit_counter TO trace_system;
GRANT SELECT, INSERT, UPDATE ON limit_counter TO trace_public;

-- Encrypted at rest (AES-256-GCM by the application); `digest` is SHA-256 of the plain bytes.
CREATE TABLE blob (
    tenant_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    media_type text NOT NULL,
    size_bytes bigint NOT NULL,
    sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, digest)
);
