-- Who: enterprises, authorities, people, sessions, audit, the log of regulators' reads.
-- Today at the edge: districts change hands at Shanghai's midnight.
CREATE FUNCTION edge_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date $$;

-- Crosses tenants: the platform's register of enterprises.
CREATE TABLE tenant (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
    credit_code text NOT NULL UNIQUE CHECK (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
    division_code text NOT NULL CHECK (division_code ~ '^[0-9]{6}$'),
    address text,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE site (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    name text NOT NULL,
    division_code text NOT NULL CHECK (division_code ~ '^[0-9]{6}$'),
    address text,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
CREATE TABLE place (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    site_id uuid NOT NULL,
    parent_id uuid,
    kind text NOT NULL CHECK (kind IN ('plant', 'workshop', 'line', 'tank', 'store', 'cold_store', 'vehicle', 'other')),
    name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, site_id, name),
    FOREIGN KEY (tenant_id, site_id) REFERENCES site (tenant_id, id),
    FOREIGN KEY (tenant_id, parent_id) REFERENCES place (tenant_id, id)
);
-- Crosses tenants: which division code an enterprise or one of its sites carries, and since when.
CREATE TABLE tenant_division (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    site_id uuid,
    division_code text NOT NULL CHECK (division_code ~ '^[0-9]{6}$'),
    edition text NOT NULL DEFAULT '',
    valid_from date NOT NULL DEFAULT edge_today(),
    valid_to date,
    FOREIGN KEY (tenant_id, site_id) REFERENCES site (tenant_id, id)
);
CREATE INDEX tenant_division_code ON tenant_division (division_code text_pattern_ops);
CREATE INDEX tenant_division_tenant ON tenant_division (tenant_id);

-- Crosses tenants: regulators and their districts.
CREATE TABLE authority (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    name text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE jurisdiction (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    authority_id uuid NOT NULL REFERENCES authority (id),
    division_code text NOT NULL CHECK (division_code ~ '^[0-9]{6}$'),
    valid_from date NOT NULL DEFAULT edge_today(),
    valid_to date
);
CREATE INDEX jurisdiction_authority ON jurisdiction (authority_id);

-- The enterprises an authority sees today; an empty or unknown authority sees none.
CREATE FUNCTION app_jurisdiction() RETURNS uuid[] LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(array_agg(DISTINCT d.tenant_id), '{}')
    FROM jurisdiction j
    JOIN tenant_division d ON d.division_code LIKE division_prefix(j.division_code) || '%'
    WHERE j.authority_id = app_authority()
      AND j.division_code ~ '[1-9]'
      AND edge_today() >= j.valid_from AND (j.valid_to IS NULL OR edge_today() < j.valid_to)
      AND edge_today() >= d.valid_from AND (d.valid_to IS NULL OR edge_today() < d.valid_to)
$$;
GRANT SELECT ON jurisdiction, tenant_division, tenant TO trace_definer;
ALTER FUNCTION app_jurisdiction() OWNER TO trace_definer;
REVOKE ALL ON FUNCTION app_jurisdiction() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_jurisdiction() TO trace_jurisdiction;

-- Crosses tenants: a person may work for several enterprises. Read through named functions or by members' policy.
CREATE TABLE user_account (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    username text NOT NULL CHECK (username ~ '^[^\s]{2,64}$'),
    password_hash text NOT NULL,
    must_change_password boolean NOT NULL DEFAULT false,
    display_name text NOT NULL,
    phone text,
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX user_account_username ON user_account (lower(username));
-- Crosses tenants: exactly one of tenant, authority, or (both empty) the platform.
CREATE TABLE membership (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    user_id uuid NOT NULL REFERENCES user_account (id),
    tenant_id uuid REFERENCES tenant (id),
    authority_id uuid REFERENCES authority (id),
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    workshop text,
    shift text,
    disabled_at timestamptz, -- may not come in for now; `ended_at` is for good
    ended_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(tenant_id, authority_id) <= 1)
);
CREATE UNIQUE INDEX membership_one ON membership (user_id, tenant_id, authority_id) NULLS NOT DISTINCT WHERE ended_at IS NULL;
CREATE INDEX membership_tenant ON membership (tenant_id, user_id);
-- Crosses tenants: a refresh family. Every access token names its session; ending it ends them all at the next request.
CREATE TABLE session (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    user_id uuid NOT NULL REFERENCES user_account (id),
    membership_id uuid NOT NULL REFERENCES membership (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_why text,
    user_agent text
);
CREATE INDEX session_by_user ON session (user_id) WHERE revoked_at IS NULL;
CREATE TABLE refresh_token (
    digest bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES session (id),
    issued_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);
-- Crosses tenants: failed tries per bucket (account, known device, address, everybody); they leak away with time.
CREATE TABLE sign_in_failure (
    bucket text PRIMARY KEY,
    failures double precision NOT NULL,
    last_at timestamptz NOT NULL,
    locked_until timestamptz
);
CREATE INDEX sign_in_failure_age ON sign_in_failure (last_at);
-- Crosses tenants: browsers in which this person has signed in before (digest of a random cookie).
CREATE TABLE known_device (
    user_id uuid NOT NULL REFERENCES user_account (id),
    digest bytea NOT NULL,
    last_used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, digest)
);
CREATE TABLE api_key (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    name text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    roles text[] NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
-- Append-only. Belongs to a tenant, to an authority, or (both empty) to the platform.
CREATE TABLE audit_entry (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid,
    authority_id uuid,
    at timestamptz NOT NULL DEFAULT now(),
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    action text NOT NULL,
    object_type text NOT NULL,
    object_id text NOT NULL,
    before jsonb,
    after jsonb,
    request_id text NOT NULL
);
CREATE INDEX audit_entry_tenant ON audit_entry (tenant_id, id);
CREATE INDEX audit_entry_object ON audit_entry (tenant_id, object_type, object_id, id);
-- Every read by a regulator, written in the reading transaction; the enterprise can see it.
CREATE TABLE read_log (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid NOT NULL,
    authority_id uuid NOT NULL,
    authority_name text NOT NULL,
    user_id uuid NOT NULL,
    user_name text NOT NULL,
    division_codes text[] NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    route text NOT NULL,
    object_type text NOT NULL,
    object_id text,
    query jsonb NOT NULL DEFAULT '{}',
    request_id text NOT NULL
);
CREATE INDEX read_log_tenant ON read_log (tenant_id, id);

CALL protect('blob', 'SELECT, INSERT', true);
CALL protect('site', 'SELECT, INSERT, UPDATE', true);
CALL protect('place', 'SELECT, INSERT, UPDATE', true);
CALL protect('api_key', 'SELECT, INSERT, UPDATE', false);

ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON tenant TO trace_tenant USING (id = (SELECT app_tenant())) WITH CHECK (id = (SELECT app_tenant()));
CREATE POLICY jurisdiction ON tenant FOR SELECT TO trace_jurisdiction USING (id = ANY ((SELECT app_jurisdiction())::uuid[]));
CREATE POLICY platform ON tenant TO trace_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (address, settings) ON tenant TO trace_tenant;
GRANT SELECT ON tenant TO trace_jurisdiction;
GRANT SELECT, INSERT, UPDATE ON tenant TO trace_system;

ALTER TABLE tenant_division ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_division FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON tenant_division TO trace_tenant USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()) AND site_id IS NOT NULL);
CREATE POLICY jurisdiction ON tenant_division FOR SELECT TO trace_jurisdiction USING (tenant_id = ANY ((SELECT app_jurisdiction())::uuid[]));
CREATE POLICY platform ON tenant_division TO trace_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE (valid_to) ON tenant_division TO trace_tenant;
GRANT SELECT ON tenant_division TO trace_jurisdiction;
GRANT SELECT, INSERT, UPDATE ON tenant_division TO trace_system;

ALTER TABLE authority ENABLE ROW LEVEL SECURITY;
ALTER TABLE authority FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON authority FOR SELECT TO trace_jurisdiction USING (id = (SELECT app_authority()));
CREATE POLICY platform ON authority TO trace_system USING (true) WITH CHECK (true);
ALTER TABLE jurisdiction ENABLE ROW LEVEL SECURITY;
ALTER TABLE jurisdiction FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON jurisdiction FOR SELECT TO trace_jurisdiction USING (authority_id = (SELECT app_authority()));
CREATE POLICY platform ON jurisdiction TO trace_system USING (true) WITH CHECK (true);
GRANT SELECT ON authority, jurisdiction TO trace_jurisdiction;
GRANT SELECT, INSERT, UPDATE ON authority, jurisdiction TO trace_system;

ALTER TABLE user_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE user_account FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON user_account TO trace_system USING (true) WITH CHECK (true);
CREATE POLICY members ON user_account TO trace_tenant USING (
    id IN (SELECT m.user_id FROM membership m WHERE m.tenant_id = (SELECT app_tenant()))) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON user_account TO trace_system;
GRANT SELECT (id, username, display_name, phone, disabled_at, must_change_password, created_at), INSERT ON user_account TO trace_tenant;
ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE membership FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON membership TO trace_system USING (true) WITH CHECK (true);
CREATE POLICY tenant ON membership TO trace_tenant USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
GRANT SELECT, INSERT, UPDATE ON membership TO trace_system, trace_tenant;

ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE session FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON session TO trace_system USING (true) WITH CHECK (true);
ALTER TABLE refresh_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_token FORCE ROW LEVEL SECURITY;
CREATE POLICY platform ON refresh_token TO trace_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON session, refresh_token, sign_in_failure, known_device TO trace_system;
GRANT SELECT ON api_key, membership, site, place TO trace_system;
CREATE POLICY sign_in ON api_key FOR SELECT TO trace_system USING (true);

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_entry TO trace_tenant USING (tenant_id = (SELECT app_tenant())) WITH CHECK (tenant_id = (SELECT app_tenant()));
CREATE POLICY jurisdiction ON audit_entry TO trace_jurisdiction USING (authority_id = (SELECT app_authority())) WITH CHECK (authority_id = (SELECT app_authority()) AND tenant_id IS NULL);
-- The platform reads its own entries; what it does to an enterprise is written into the enterprise's trail.
CREATE POLICY platform_read ON audit_entry FOR SELECT TO trace_system USING (tenant_id IS NULL AND authority_id IS NULL);
CREATE POLICY platform_write ON audit_entry FOR INSERT TO trace_system WITH CHECK (true);
GRANT SELECT, INSERT ON audit_entry TO trace_tenant, trace_jurisdiction, trace_system;

ALTER TABLE read_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE read_log FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON read_log FOR SELECT TO trace_tenant USING (tenant_id = (SELECT app_tenant()));
CREATE POLICY reader ON read_log FOR INSERT TO trace_jurisdiction
    WITH CHECK (authority_id = (SELECT app_authority()) AND tenant_id = ANY ((SELECT app_jurisdiction())::uuid[]));
GRANT SELECT ON read_log TO trace_tenant;
GRANT INSERT ON read_log TO trace_jurisdiction;

-- What a request must know of its session, in any scope, in one read: nothing when it ended, was revoked, or was suspended.
CREATE FUNCTION session_state(wanted uuid) RETURNS TABLE (
    user_id uuid, user_name text, membership_id uuid, tenant_id uuid, authority_id uuid, roles text[], must_change_password boolean
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT u.id, u.display_name, m.id, m.tenant_id, m.authority_id, m.roles, u.must_change_password
    FROM session s
    JOIN user_account u ON u.id = s.user_id AND u.disabled_at IS NULL
    JOIN membership m ON m.id = s.membership_id AND m.ended_at IS NULL AND m.disabled_at IS NULL
    LEFT JOIN tenant t ON t.id = m.tenant_id
    WHERE s.id = wanted AND s.revoked_at IS NULL AND s.expires_at > now() AND (t.id IS NULL OR t.state = 'active')
$$;
GRANT SELECT ON session, user_account, membership TO trace_definer;
ALTER FUNCTION session_state(uuid) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION session_state(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION session_state(uuid) TO trace_tenant, trace_jurisdiction, trace_system;

-- An enterprise sets a new password for somebody who works for nobody else; his sessions and known devices end with it.
CREATE FUNCTION reset_member_password(member uuid, new_hash text, account_bucket text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM membership m WHERE m.user_id = member AND m.tenant_id = app_tenant() AND m.ended_at IS NULL)
       OR EXISTS (SELECT FROM membership m WHERE m.user_id = member AND m.tenant_id IS DISTINCT FROM app_tenant() AND m.ended_at IS NULL)
    THEN
        RETURN false;
    END IF;
    UPDATE user_account SET password_hash = new_hash, must_change_password = true WHERE id = member;
    UPDATE session SET revoked_at = now(), revoked_why = 'password_reset' WHERE user_id = member AND revoked_at IS NULL;
    DELETE FROM known_device WHERE user_id = member;
    DELETE FROM sign_in_failure WHERE bucket = account_bucket;
    RETURN true;
END $$;
GRANT UPDATE (password_hash, must_change_password) ON user_account TO trace_definer;
GRANT UPDATE (revoked_at, revoked_why) ON session TO trace_definer;
GRANT SELECT, DELETE ON known_device, sign_in_failure TO trace_definer;
ALTER FUNCTION reset_member_password(uuid, text, text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION reset_member_password(uuid, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reset_member_password(uuid, text, text) TO trace_tenant;
