-- Signing in from a phone: invitations, identities at vendors, codes by short message, callbacks seen.
ALTER TABLE membership ADD CONSTRAINT membership_of_tenant UNIQUE (tenant_id, id);

-- Lets one employee bind one identity. Only the digest of the token is kept.
CREATE TABLE invitation (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    membership_id uuid NOT NULL,
    digest bytea NOT NULL UNIQUE CHECK (length(digest) = 32),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator_name text NOT NULL,
    revoked_at timestamptz,
    used_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES membership (tenant_id, id)
);
CREATE INDEX invitation_membership ON invitation (tenant_id, membership_id);
-- Opens this one membership and no other: what one enterprise has bound is no key to another.
CREATE TABLE external_identity (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    membership_id uuid NOT NULL,
    way text NOT NULL CHECK (way IN ('wechat_mini', 'wechat_official', 'alipay', 'phone')),
    app_id text NOT NULL,                  -- of ours at the vendor; empty for a telephone
    subject text NOT NULL CHECK (length(subject) BETWEEN 1 AND 200), -- the vendor's name for the person, or the number
    invitation_id uuid NOT NULL,
    bound_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    ended_at timestamptz,
    ended_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES membership (tenant_id, id),
    FOREIGN KEY (tenant_id, invitation_id) REFERENCES invitation (tenant_id, id)
);
CREATE UNIQUE INDEX external_identity_one_person ON external_identity (tenant_id, way, app_id, subject) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX external_identity_one_each ON external_identity (tenant_id, membership_id, way, app_id) WHERE ended_at IS NULL;
CREATE INDEX external_identity_subject ON external_identity (way, app_id, subject) WHERE ended_at IS NULL;

-- Crosses tenants: asked for by whoever types a number. The code is kept as a keyed digest, made when it is sent.
CREATE TABLE one_time_code (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    phone text NOT NULL,
    invitation_digest bytea,
    digest bytea CHECK (length(digest) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    tries smallint NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    used_at timestamptz,
    CHECK (expires_at <= created_at + interval '10 minutes')
);
CREATE INDEX one_time_code_phone ON one_time_code (phone, created_at);
CREATE INDEX one_time_code_age ON one_time_code (created_at);
-- Crosses tenants: how many codes an address asked for, and how many were sent at all. Counts only.
CREATE TABLE one_time_code_use (
    bucket text NOT NULL,
    window_start timestamptz NOT NULL,
    used integer NOT NULL,
    PRIMARY KEY (bucket, window_start)
);
-- Crosses tenants: what came back from a vendor once and may not come again.
CREATE TABLE callback_nonce (
    source text NOT NULL,
    nonce text NOT NULL CHECK (length(nonce) BETWEEN 1 AND 128),
    seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, nonce)
);
CREATE INDEX callback_nonce_age ON callback_nonce (seen_at);
ALTER TABLE session ADD COLUMN identity_id uuid; -- by which it was opened; empty: by password
CREATE INDEX session_identity ON session (identity_id) WHERE revoked_at IS NULL AND identity_id IS NOT NULL;

CALL protect('invitation', 'SELECT, INSERT, UPDATE (revoked_at)', false);
CALL protect('external_identity', 'SELECT, UPDATE (ended_at, ended_by)', false);
CREATE POLICY sign_in ON invitation TO trace_system USING (true) WITH CHECK (true);
CREATE POLICY sign_in ON external_identity TO trace_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (used_at) ON invitation TO trace_system;
GRANT SELECT, INSERT, UPDATE (last_used_at) ON external_identity TO trace_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_code, one_time_code_use TO trace_system;
GRANT SELECT, INSERT, DELETE ON callback_nonce TO trace_system;

-- An enterprise takes an identity back: what it had opened ends with it.
CREATE FUNCTION end_sessions_of_identity(wanted uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE
    ended integer;
BEGIN
    UPDATE session s SET revoked_at = now(), revoked_why = 'identity_ended'
    WHERE s.identity_id = wanted AND s.revoked_at IS NULL
      AND EXISTS (SELECT FROM external_identity e WHERE e.id = wanted AND e.tenant_id = app_tenant());
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END $$;
GRANT SELECT ON external_identity TO trace_definer;
ALTER FUNCTION end_sessions_of_identity(uuid) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION end_sessions_of_identity(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION end_sessions_of_identity(uuid) TO trace_tenant;
