-- Files by which WeChat and Alipay see that an address is ours. `folder` is where it lies: '' the host's root, 't' beside
-- the codes, 't/<space>' in the enterprise's own room below them. `host` empty: on every host that leads here.
-- Crosses tenants: what lies on the shared host belongs to the platform (no tenant).
CREATE TABLE verification_file (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    tenant_id uuid REFERENCES tenant (id),
    host text NOT NULL DEFAULT '',
    folder text NOT NULL CHECK (folder ~ '^(t(/[a-z0-9][a-z0-9-]{1,30})?)?$'),
    name text COLLATE "C" NOT NULL CONSTRAINT verification_file_name CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9_-]{3,79}\.txt$'),
    content text NOT NULL CHECK (length(content) BETWEEN 1 AND 1024),
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator_name text NOT NULL,
    CONSTRAINT verification_file_place UNIQUE (host, folder, name),
    -- An enterprise's file lies on a host of its own, or in its room; a file of the platform is on every host.
    CHECK (CASE WHEN tenant_id IS NULL THEN host = '' AND folder IN ('', 't') ELSE (host = '') = (folder LIKE 't/%') END)
);
CREATE INDEX verification_file_tenant ON verification_file (tenant_id, id);
CALL protect('verification_file', 'SELECT, INSERT, DELETE', false);
CREATE POLICY platform ON verification_file TO trace_system USING (tenant_id IS NULL) WITH CHECK (tenant_id IS NULL);
GRANT SELECT, INSERT, DELETE ON verification_file TO trace_system;
GRANT SELECT (tenant_id, host, folder, name, content) ON verification_file TO trace_definer;

-- No code ends like such a file, so neither can ever stand where the other is. Codes from before are not looked through here:
-- `text_is_code` is asked when a file is put down.
ALTER TABLE code ADD CONSTRAINT code_is_no_file CHECK (right(text, 4) <> '.txt') NOT VALID;
CREATE FUNCTION text_is_code(wanted text) RETURNS boolean LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS
$$ SELECT EXISTS (SELECT FROM code c WHERE c.text = wanted) $$;
GRANT SELECT (text) ON code TO trace_definer;
ALTER FUNCTION text_is_code(text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION text_is_code(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION text_is_code(text) TO trace_tenant, trace_system;

CREATE FUNCTION verification_content(wanted_host text, wanted_folder text, wanted_name text) RETURNS text
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
    SELECT v.content FROM verification_file v
    WHERE v.host IN ('', wanted_host) AND v.folder = wanted_folder AND v.name = wanted_name ORDER BY v.host DESC LIMIT 1
$$;
ALTER FUNCTION verification_content(text, text, text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION verification_content(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION verification_content(text, text, text) TO trace_public;

-- Whether another enterprise calls the same room or host its own: then neither may put a file there.
CREATE FUNCTION label_place_is_shared(wanted_origin text, wanted_space text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (SELECT FROM tenant t WHERE t.id <> app_tenant()
                   AND (t.settings ->> 'label_space' = wanted_space OR t.settings ->> 'label_origin' = wanted_origin))
        OR EXISTS (SELECT FROM verification_file v WHERE v.tenant_id <> app_tenant()
                   AND (v.folder = 't/' || wanted_space OR v.host = split_part(split_part(wanted_origin, '://', 2), ':', 1)))
$$;
ALTER FUNCTION label_place_is_shared(text, text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION label_place_is_shared(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION label_place_is_shared(text, text) TO trace_tenant;
