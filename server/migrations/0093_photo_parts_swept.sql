-- Parts of a photo that stopped coming are thrown away after a time; the photo itself stays announced and begins again at nothing.
ALTER TABLE photo ADD COLUMN part_at timestamptz; -- when the last part came; empty while none is here
UPDATE photo SET part_at = now() WHERE completed_at IS NULL AND received_bytes > 0;
GRANT UPDATE (part_at) ON photo TO trace_tenant;
DROP INDEX photo_unfinished;
CREATE INDEX photo_unfinished ON photo (tenant_id, part_at) WHERE completed_at IS NULL AND part_at IS NOT NULL;
