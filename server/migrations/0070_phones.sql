-- Phones of inspectors: terminals of a line, badges with a PIN, keys that only deliver, and the ledger of what they delivered.
CREATE TABLE terminal (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    place_id uuid,                              -- the line it is for
    code_digest bytea UNIQUE CHECK (length(code_digest) = 32), -- of the one-time code by which it is enrolled
    code_until timestamptz,
    key_digest bytea UNIQUE CHECK (length(key_digest) = 32),
    enrolled_at timestamptz,
    revoked_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, place_id) REFERENCES place (tenant_id, id)
);
-- A key of one person's phone. It delivers entries, and nothing else, also after whatever opened it has ended.
CREATE TABLE phone (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    membership_id uuid NOT NULL,
    session_id uuid NOT NULL,
    label text NOT NULL CHECK (length(label) BETWEEN 1 AND 200),
    key_digest bytea NOT NULL UNIQUE CHECK (length(key_digest) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES membership (tenant_id, id)
);
CREATE INDEX phone_membership ON phone (tenant_id, membership_id);
-- What a person scans to sign an entry. Its PIN is kept as a stretched key, sealed: terminals get their keys wrapped by it.
CREATE TABLE badge (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    membership_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    key_no integer NOT NULL DEFAULT 1 CHECK (key_no > 0),
    rotated_at timestamptz NOT NULL DEFAULT now(), -- since when `key_no` is the one
    pin_salt bytea NOT NULL,
    pin_sealed bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, digest),
    FOREIGN KEY (tenant_id, membership_id) REFERENCES membership (tenant_id, id)
);
CREATE UNIQUE INDEX badge_one_each ON badge (tenant_id, membership_id) WHERE revoked_at IS NULL;

-- One row for each entry that a phone delivered and that became a record: what was claimed beside what the server saw.
CREATE TABLE phone_entry (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    entry_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    body text NOT NULL,                         -- as it was sent, in the one form by which two are compared
    check_id uuid,                              -- of the many that were one check
    seq bigint,                                 -- the phone's own order
    claimed_at timestamptz,                     -- when it was made by the phone's clock
    sent_at timestamptz NOT NULL,               -- when it was sent, by the same clock
    received_at timestamptz NOT NULL,
    skew_seconds integer NOT NULL,              -- of the phone's clock: positive where it is ahead
    installation uuid NOT NULL,
    phone_id uuid,
    terminal_id uuid,
    badge_id uuid,
    mac bytea,
    signed_text text,                           -- the very text that `mac` signs
    user_id uuid,
    user_name text NOT NULL,
    flags text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES record (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, phone_id) REFERENCES phone (tenant_id, id),
    FOREIGN KEY (tenant_id, terminal_id) REFERENCES terminal (tenant_id, id),
    FOREIGN KEY (tenant_id, badge_id) REFERENCES badge (tenant_id, id)
);
CREATE INDEX phone_entry_person ON phone_entry (tenant_id, user_id, received_at);
CREATE INDEX phone_entry_received ON phone_entry (tenant_id, received_at);
CREATE INDEX phone_entry_installation ON phone_entry (tenant_id, installation, seq);
-- The same entry with another body: both are kept until somebody has looked at them.
CREATE TABLE entry_conflict (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    entry_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    body text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    installation uuid NOT NULL,
    user_id uuid,
    user_name text NOT NULL,
    resolution text CHECK (resolution IN ('keep', 'correct')),
    reason text,
    resolved_at timestamptz,
    resolved_by uuid,
    resolver_name text,
    correction_id uuid,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, entry_id, digest),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES record (tenant_id, entry_id),
    FOREIGN KEY (tenant_id, correction_id) REFERENCES record (tenant_id, id),
    CHECK ((resolution IS NULL) = (resolved_at IS NULL)),
    CHECK ((resolution IS NULL) = (reason IS NULL))
);
CREATE INDEX entry_conflict_open ON entry_conflict (tenant_id, id) WHERE resolved_at IS NULL;

-- A photo that comes up in parts. `digest` is what the phone says all its bytes have; the last part proves it.
CREATE TABLE photo (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL,
    digest bytea NOT NULL CHECK (length(digest) = 32),
    size_bytes integer NOT NULL CHECK (size_bytes > 0),
    received_bytes integer NOT NULL DEFAULT 0 CHECK (received_bytes BETWEEN 0 AND size_bytes),
    entry_id uuid,
    lot_id uuid,
    captured_at timestamptz,
    place text CHECK (length(place) <= 200),
    latitude double precision CHECK (latitude BETWEEN -90 AND 90),
    longitude double precision CHECK (longitude BETWEEN -180 AND 180),
    live boolean NOT NULL,
    user_id uuid,
    user_name text NOT NULL,
    installation uuid,
    likeness bigint,                            -- 64 bits that hardly change when a picture is scaled or compressed again
    flags text[] NOT NULL DEFAULT '{}',
    attachment_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, attachment_id) REFERENCES attachment (tenant_id, id),
    CHECK ((attachment_id IS NULL) = (completed_at IS NULL))
);
CREATE INDEX photo_digest ON photo (tenant_id, digest);
CREATE INDEX photo_likeness ON photo (tenant_id, likeness) WHERE likeness IS NOT NULL;
CREATE INDEX photo_unfinished ON photo (tenant_id, created_at) WHERE completed_at IS NULL;
CREATE TABLE photo_part (
    tenant_id uuid NOT NULL,
    photo_id uuid NOT NULL,
    start_byte integer NOT NULL CHECK (start_byte >= 0),
    digest bytea NOT NULL,
    sealed bytea NOT NULL,
    PRIMARY KEY (tenant_id, photo_id, start_byte),
    FOREIGN KEY (tenant_id, photo_id) REFERENCES photo (tenant_id, id)
);
-- Which photos an entry names, whether they are here yet or not.
CREATE TABLE entry_photo (
    tenant_id uuid NOT NULL,
    photo_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, photo_id, entry_id),
    FOREIGN KEY (tenant_id, entry_id) REFERENCES phone_entry (tenant_id, entry_id)
);
CREATE INDEX entry_photo_entry ON entry_photo (tenant_id, entry_id);
-- A task handed to a colleague, until he has it, declines it, or it is done.
CREATE TABLE inspection_handover (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    inspection_id uuid NOT NULL,
    from_user uuid,
    from_name text NOT NULL,
    to_user uuid NOT NULL,
    remark text CHECK (length(remark) <= 1000),
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, inspection_id) REFERENCES inspection (tenant_id, id)
);
CREATE UNIQUE INDEX inspection_handover_one ON inspection_handover (tenant_id, inspection_id) WHERE ended_at IS NULL;

CALL protect('terminal', 'SELECT, INSERT, UPDATE (code_digest, code_until, key_digest, revoked_at)', false);
CALL protect('phone', 'SELECT, INSERT, UPDATE (revoked_at)', false);
CALL protect('badge', 'SELECT, INSERT, UPDATE (key_no, rotated_at, pin_salt, pin_sealed, revoked_at)', false);
CALL protect('phone_entry', 'SELECT, INSERT, UPDATE (flags)', true);
CALL protect('entry_conflict', 'SELECT, INSERT, UPDATE (resolution, reason, resolved_at, resolved_by, resolver_name, correction_id)', false);
CALL protect('photo', 'SELECT, INSERT, UPDATE (received_bytes, likeness, flags, attachment_id, completed_at)', true);
CALL protect('photo_part', 'SELECT, INSERT, DELETE', false);
CALL protect('entry_photo', 'SELECT, INSERT', true);
CALL protect('inspection_handover', 'SELECT, INSERT, UPDATE (ended_at)', false);
-- A terminal that nobody has signed in yet is found by its one-time code.
CREATE POLICY enrolment ON terminal TO trace_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE (code_digest, code_until, key_digest, enrolled_at) ON terminal TO trace_system;

-- Since when a phone may deliver only what was made before; empty while nothing was taken back. Signing out takes nothing back.
CREATE FUNCTION phone_revoked_at(wanted uuid) RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT least(p.revoked_at, m.ended_at, m.disabled_at, u.disabled_at,
                 CASE WHEN s.revoked_why <> 'signed_out' THEN s.revoked_at END)
    FROM phone p JOIN membership m ON m.id = p.membership_id JOIN user_account u ON u.id = m.user_id
    LEFT JOIN session s ON s.id = p.session_id
    WHERE p.id = wanted AND p.tenant_id = app_tenant()
$$;
GRANT SELECT ON phone TO trace_definer;
ALTER FUNCTION phone_revoked_at(uuid) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION phone_revoked_at(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION phone_revoked_at(uuid) TO trace_tenant;
