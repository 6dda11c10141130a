-- An operation that was recorded at its start is ended later, by whoever says so. What it did not say at its start may be said with
-- its end, once; nothing else of an operation ever changes.
ALTER TABLE operation ADD COLUMN end_told_at timestamptz, ADD COLUMN end_told_by uuid;
CREATE FUNCTION operation_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text[] := ARRAY['ended_at', 'end_told_at', 'end_told_by', 'unit', 'quantity_in', 'quantity_good', 'quantity_reworked',
                         'quantity_scrapped', 'scrapped_by_defect'];
    before jsonb := to_jsonb(OLD);
    after jsonb := to_jsonb(NEW);
BEGIN
    IF OLD.ended_at IS NOT NULL OR NEW.ended_at IS NULL OR before - told <> after - told OR EXISTS (
        SELECT FROM unnest(told) AS name
        WHERE before -> name NOT IN ('null'::jsonb, '{}'::jsonb) AND before -> name <> after -> name) THEN
        RAISE EXCEPTION 'an operation is ended once, and not rewritten' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER operation_only_ends BEFORE UPDATE ON operation FOR EACH ROW EXECUTE FUNCTION operation_only_ends();

-- What fell due while an operation was thought to run, or to have stood, and its end says otherwise: nobody is waited for, and it
-- stays to be seen.
ALTER TABLE inspection
    DROP CONSTRAINT inspection_state_check,
    ADD CONSTRAINT inspection_state_check CHECK (state IN ('open', 'done', 'withdrawn')),
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN withdrawn_reason text CHECK (withdrawn_reason IN ('operation_ended', 'did_not_stand')),
    ADD CONSTRAINT inspection_withdrawn_says_why CHECK ((state = 'withdrawn') = (withdrawn_at IS NOT NULL AND withdrawn_reason IS NOT NULL));
CREATE INDEX inspection_withdrawn ON inspection (tenant_id, withdrawn_at, id) WHERE state = 'withdrawn';
