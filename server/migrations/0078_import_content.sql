-- What draws from stock is not drawn twice because its file was saved again: the rows themselves are remembered, blank lines apart.
ALTER TABLE import_job ADD COLUMN content_digest bytea CHECK (length(content_digest) = 32);
CREATE UNIQUE INDEX import_job_same_content ON import_job (tenant_id, kind, content_digest)
    WHERE content_digest IS NOT NULL AND state IN ('running', 'done');
