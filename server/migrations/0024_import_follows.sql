-- A file whose rows were not all stored may come again: that job reads what the one it follows left over, and nothing else.
ALTER TABLE import_job ADD COLUMN follows uuid;
ALTER TABLE import_job ADD CONSTRAINT import_job_follows_fkey
    FOREIGN KEY (tenant_id, follows) REFERENCES import_job (tenant_id, id);
DROP INDEX import_job_once;
CREATE UNIQUE INDEX import_job_once ON import_job (tenant_id, kind, file_digest, follows) NULLS NOT DISTINCT
    WHERE NOT dry_run AND state IN ('queued', 'running', 'done');
