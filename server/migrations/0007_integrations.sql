-- Imports: one job per uploaded file and kind; the same file twice is the same job.
CREATE TABLE import_job (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    kind text NOT NULL CHECK (kind IN ('material_lots', 'inspections', 'consumption', 'users')),
    file_name text NOT NULL,
    file_digest bytea NOT NULL CHECK (length(file_digest) = 32),
    policy text NOT NULL CHECK (policy IN ('all_or_nothing', 'good_rows')),
    dry_run boolean NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed')),
    rows_total integer,
    rows_done integer NOT NULL DEFAULT 0,
    rows_stored integer NOT NULL DEFAULT 0,
    rows_failed integer NOT NULL DEFAULT 0,
    problem text,                           -- text key error.<code>, with its params in `options`
    options jsonb NOT NULL DEFAULT '{}',    -- in whose name it runs, whether it carries a signature, columns left unread
    attempts integer NOT NULL DEFAULT 0,    -- the attempt under way; one whose lease ran out may no longer write
    lease_until timestamptz,
    one_time_passwords bytea,               -- sealed; of people imported, until they are handed out, once
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator_name text NOT NULL DEFAULT '',
    finished_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, file_digest) REFERENCES blob (tenant_id, digest)
);
CREATE UNIQUE INDEX import_job_once ON import_job (tenant_id, kind, file_digest) WHERE NOT dry_run AND state IN ('queued', 'running', 'done');
CREATE TABLE import_error (
    tenant_id uuid NOT NULL,
    job_id uuid NOT NULL,
    position integer NOT NULL,
    row_no integer NOT NULL,                -- as the sheet shows it, the header is row 1
    column_name text,
    value text,
    code text NOT NULL,                     -- text key error.<code>
    params jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (tenant_id, job_id, position),
    FOREIGN KEY (tenant_id, job_id) REFERENCES import_job (tenant_id, id)
);
CREATE INDEX import_job_open ON import_job (id) WHERE state IN ('queued', 'running');
CALL protect('import_job', 'SELECT, INSERT, UPDATE', true);
CALL protect('import_error', 'SELECT, INSERT', true);
-- The importing worker finds open jobs over all enterprises, then enters the tenant of each.
CREATE POLICY open_jobs ON import_job FOR SELECT TO trace_system USING (state IN ('queued', 'running'));
GRANT SELECT (tenant_id, id, state, lease_until) ON import_job TO trace_system;
