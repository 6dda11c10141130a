-- A file that came to a record after it was stored says when, by whom and why; without these it came with the record.
ALTER TABLE record_attachment
    ADD COLUMN added_at timestamptz,
    ADD COLUMN added_by uuid,
    ADD COLUMN adder_name text CHECK (length(adder_name) <= 200),
    ADD COLUMN add_reason text CHECK (length(add_reason) <= 1000),
    ADD CONSTRAINT record_attachment_added CHECK (
        (added_at IS NULL) = (adder_name IS NULL) AND (added_at IS NULL) = (add_reason IS NULL)
    );
